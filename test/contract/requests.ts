import type { Call } from '../../src/call/call.ts'
import type { JsonObject } from '../../src/call/json.ts'
import { dialectNamed } from '../../src/dialects/index.ts'
import { isSluiceError } from '../../src/errors.ts'
import type { Question } from './clients.ts'
import { providerOf } from './gateway.ts'
import type { DialectName, Recording } from './recordings.ts'

/** Where a recording holds no request, or none that can be said in the other dialect. */
const STAND_IN: Call = {
  operation: 'chat',
  dialect: 'none',
  model: 'some-model',
  stream: false,
  turns: [{ role: 'user', blocks: [{ type: 'text', text: 'Hello' }], plain: true }],
  maxTokens: 64,
}

/**
 * The recorded request in the client's dialect, addressed to the recording's provider. On the translate lane it is made by the
 * hub; a recording without a request that the other dialect could say gets a plain one.
 */
export function questionIn(client: DialectName, recording: Recording, url: string): Question {
  const { dialect, stream } = recording
  const own = client === dialect ? recording.request : undefined
  const body = own ?? translated(client, recording)
  // What a translated stream says of usage has to be compared: a client of Chat Completions must ask for it.
  const asks = client !== dialect && client === 'openai-chat' && stream
  return {
    url,
    model: `${providerOf(recording, client)}/${recording.model}`,
    body: { ...body, ...(asks && { stream_options: { include_usage: true } }) },
    stream,
  }
}

function translated(to: DialectName, { dialect, request, model, stream }: Recording): JsonObject {
  const standIn = { ...STAND_IN, stream }
  try {
    if (request === undefined) return written(to, standIn)
    const body = written(to, readCall(dialect, request, model, stream))
    // Some requests are only good for showing what a vendor refuses.
    written(dialect, readCall(to, body, model, stream))
    return body
  } catch (error) {
    if (!isSluiceError(error)) throw error
    return written(to, standIn)
  }
}

function written(to: DialectName, call: Call): JsonObject {
  return JSON.parse(JSON.stringify(dialectNamed(to).writeRequest(call).body)) as JsonObject
}

/** A request as the gateway reads it; model and stream stand in the path of some dialects, and the route hands them on. */
export function readCall(dialect: DialectName, json: JsonObject, model: string, stream: boolean): Call {
  const call = dialectNamed(dialect).readRequest({ json, path: { model, stream } })
  return { ...call, stream }
}
