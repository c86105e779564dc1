import type { Call } from '../../src/call/call.ts'
import type { JsonObject } from '../../src/call/json.ts'
import type { Loss } from '../../src/call/loss.ts'
import { dialectNamed } from '../../src/dialects/index.ts'
import { isSluiceError } from '../../src/errors.ts'
import { readStream } from '../dialects/laws.ts'
import type { DialectName } from './recordings.ts'

/** What the dialect `to` reports as lost of a request in the dialect `from`; nothing where it refuses the request. */
export function requestLosses(from: DialectName, to: DialectName, json: JsonObject): readonly Loss[] {
  try {
    return dialectNamed(to).writeRequest(dialectNamed(from).readRequest({ json })).losses
  } catch (error) {
    if (isSluiceError(error)) return []
    throw error
  }
}

/** A client's call, as far as the writers of streams look at it. */
const CLIENT: Call = { operation: 'chat', dialect: '', model: '', stream: true, turns: [], includeUsage: true }

/** What `to` reports as lost of an answer in `from`: a whole one, or the bytes of a stream. */
export function answerLosses(from: DialectName, to: DialectName, body: string, stream: boolean): readonly Loss[] {
  const writer = dialectNamed(to)
  if (!stream) return writer.writeResponse(dialectNamed(from).readResponse(JSON.parse(body))).losses
  const events = writer.eventWriter(CLIENT)
  for (const event of readStream(dialectNamed(from), body)) events.push(event)
  events.end()
  return events.losses
}
