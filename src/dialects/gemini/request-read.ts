import type { Call } from '../../call/call.ts'
import type { WireRequest } from '../dialect.ts'
import { camelCased } from './casing.ts'
import { readContents, readSystem } from './contents-read.ts'
import { readGenerationConfig } from './generation-config.ts'
import { DIALECT, extraOf, leftover, type Members, optionalObject, optionalString, readChecked } from './members.ts'
import { readToolConfig, readTools } from './tools-read.ts'

/** `model` may stand in the body too, where it only repeats the path. */
const REQUEST = new Set([
  ...['model', 'contents', 'systemInstruction', 'tools', 'toolConfig', 'generationConfig', 'serviceTier'],
])

/**
 * A generateContent request as a call; its model and whether it streams stand in its path. A request to count tokens is the
 * call that it asks about. Throws InvalidRequest.
 */
export function readRequest({ json, path }: WireRequest): Call {
  return readChecked(() => {
    const members = camelCased(json as Members) as Members
    const asked = path?.operation === 'google-count-tokens' ? counted(members) : members
    return readCall(asked, path?.model ?? '', path?.stream ?? false)
  })
}

/** It holds the whole request that would be sent, or nothing but its contents (ai.google.dev/api/tokens). */
function counted({ generateContentRequest, ...members }: Members): Members {
  return optionalObject(generateContentRequest, 'generateContentRequest') ?? members
}

function readCall(json: Members, model: string, stream: boolean): Call {
  const config = readGenerationConfig(json.generationConfig)
  const { choice, left } = readToolConfig(json.toolConfig)
  const serviceTier = optionalString(json.serviceTier, 'serviceTier')
  return {
    operation: 'chat',
    dialect: DIALECT,
    model,
    stream,
    turns: [...readSystem(json.systemInstruction), ...readContents(json.contents)],
    ...readTools(json.tools),
    ...choice,
    ...config.call,
    ...(serviceTier !== undefined && { serviceTier }),
    ...(json.cachedContent !== undefined && { ofOneModel: ['cachedContent'] }),
    ...extraOf({ ...leftover(json, REQUEST), ...config.left, ...left }),
  }
}
