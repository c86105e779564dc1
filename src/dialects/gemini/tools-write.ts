import { isDeepStrictEqual } from 'node:util'
import type { Call, Tool, ToolChoice } from '../../call/call.ts'
import { foreignLosses } from '../../call/foreign.ts'
import type { Json, JsonObject } from '../../call/json.ts'
import type { Loss } from '../../call/loss.ts'
import { DIALECT, isObject, type Members, nestedMembers, noteOf, ownMembers } from './members.ts'
import { readSchema } from './schema-read.ts'
import { writeSchema } from './schema-write.ts'

const CALLING = 'toolConfig.functionCallingConfig'

const MODES: Readonly<Record<ToolChoice['type'], string>> = { auto: 'AUTO', none: 'NONE', required: 'ANY', tool: 'ANY' }

/** `tools` and `toolConfig`. */
export function writeTools(call: Call, losses: Loss[]): JsonObject {
  const tools = writeGroups(call.tools ?? [], losses)
  const wanted = tools.length > 0 || (call.tools !== undefined && call.dialect === DIALECT)
  if (call.parallelTools === false) {
    losses.push({ path: 'parallel_tool_calls', why: 'Gemini decides by itself how many functions it calls' })
  }
  return { ...(wanted && { tools }), ...writeToolConfig(call, tools.length > 0, losses) }
}

/** Functions of one group stand in one entry; those of other dialects all belong to one. */
function writeGroups(tools: readonly Tool[], losses: Loss[]): Members[] {
  const groups = new Map<Json, Members>()
  for (const tool of tools) {
    const written = writeTool(tool, losses)
    if (written === undefined) continue
    const key = noteOf(tool.extra, '$group') ?? 'functions'
    const group = groups.get(key) ?? {}
    const { functionDeclarations: known } = group
    const declared = { functionDeclarations: [...(Array.isArray(known) ? known : []), written] }
    groups.set(key, { ...group, ...(tool.opaque === undefined ? declared : written) })
  }
  return [...groups.values()]
}

function writeTool(tool: Tool, losses: Loss[]): Members | undefined {
  const at = tool.at ?? `tools.${tool.name}`
  const { opaque } = tool
  if (opaque !== undefined) {
    if (opaque.dialect === DIALECT && isObject(opaque.value)) return opaque.value
    losses.push({ path: at, why: `a built-in tool of ${opaque.dialect}` })
    return undefined
  }
  losses.push(...foreignLosses(DIALECT, at, tool.extra))
  if (tool.cache !== undefined) {
    losses.push({ path: `${at}.cache_control`, why: 'Gemini caches by itself and takes no marks' })
  }
  if (tool.strict === true) losses.push({ path: `${at}.strict`, why: 'Gemini has no strict functions' })
  return {
    ...ownMembers(tool.extra),
    name: tool.name,
    ...(tool.description !== undefined && { description: tool.description }),
    ...writeParameters(tool, at, losses),
  }
}

/** As they came, where they came from this dialect and nobody has changed them since. */
function writeParameters({ parameters, extra }: Tool, at: string, losses: Loss[]): Members {
  if (!isObject(parameters)) return {}
  const original = noteOf(extra, '$schema')
  if (isObject(original) && isDeepStrictEqual(readSchema(original), parameters)) return { parameters: original }
  if (extra?.[DIALECT] !== undefined && original === undefined) return { parametersJsonSchema: parameters }
  const schema = writeSchema(parameters, `${at}.parameters`, losses)
  // Google refuses an object without properties; a function without parameters has none.
  return schema.type === 'OBJECT' && schema.properties === undefined ? {} : { parameters: schema }
}

function writeToolConfig(call: Call, hasTools: boolean, losses: Loss[]): { toolConfig?: Json } {
  const { toolChoice: choice, extra } = call
  if (choice === undefined) return {}
  if (!hasTools && call.dialect !== DIALECT) {
    if (choice.type === 'required' || choice.type === 'tool') {
      losses.push({ path: 'tool_choice', why: 'Gemini takes no function calling mode without functions' })
    }
    return {}
  }
  const noted = noteOf(extra, '$mode')
  const mode = typeof noted === 'string' && noted.toUpperCase() === MODES[choice.type] ? noted : MODES[choice.type]
  const calling = {
    ...nestedMembers(extra, CALLING),
    mode,
    ...(choice.type === 'tool' && { allowedFunctionNames: [choice.name] }),
  }
  const beside = nestedMembers(extra, 'toolConfig', 'functionCallingConfig')
  return { toolConfig: { ...beside, functionCallingConfig: calling } }
}
