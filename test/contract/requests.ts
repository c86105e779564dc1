import type { JsonObject } from '../../src/call/json.ts'
import { dialectNamed } from '../../src/dialects/index.ts'
import { isSluiceError } from '../../src/errors.ts'
import { type Lane, providerOf } from './gateway.ts'
import type { DialectName, Recording } from './recordings.ts'

/** Where a recording holds no request, or none that can be said in the other dialect. */
const STAND_IN: JsonObject = { model: 'some-model', max_tokens: 64, messages: [{ role: 'user', content: 'Hello' }] }

/**
 * The recorded request in the client's dialect, addressed to the recording's provider. On the translate lane it is made by the
 * hub; a recording without a request that the other dialect could say gets a plain one.
 */
export function requestIn(client: DialectName, recording: Recording, lane: Lane): JsonObject {
  const own = recording.request ?? { ...STAND_IN, ...(recording.stream && { stream: true }) }
  const body = lane === 'pass' ? own : translated(client, recording.dialect, own)
  // What a translated stream says of usage has to be compared: a client of Chat Completions must ask for it.
  const asks = lane === 'translate' && client === 'openai-chat' && recording.stream
  return {
    ...body,
    model: `${providerOf(recording, lane)}/${body.model}`,
    ...(asks && { stream_options: { include_usage: true } }),
  }
}

function translated(to: DialectName, from: DialectName, json: JsonObject): JsonObject {
  try {
    const { body } = dialectNamed(to).writeRequest(dialectNamed(from).readRequest({ json }))
    return JSON.parse(JSON.stringify(body)) as JsonObject
  } catch (error) {
    if (!isSluiceError(error)) throw error
    return { ...STAND_IN, ...(json.stream === true && { stream: true }) }
  }
}
