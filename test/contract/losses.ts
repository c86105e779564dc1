import type { Call } from '../../src/call/call.ts'
import type { JsonObject } from '../../src/call/json.ts'
import type { Loss } from '../../src/call/loss.ts'
import { dialectNamed } from '../../src/dialects/index.ts'
import { isSluiceError } from '../../src/errors.ts'
import { readStream } from '../dialects/laws.ts'
import type { DialectName, Recording } from './recordings.ts'
import { readCall } from './requests.ts'

/** What the dialect `to` reports as lost of a request in the dialect `from`; nothing where it refuses the request. */
export function requestLosses(from: DialectName, to: DialectName, json: JsonObject, model = 'm'): readonly Loss[] {
  try {
    return dialectNamed(to).writeRequest(readCall(from, json, model, json.stream === true)).losses
  } catch (error) {
    if (isSluiceError(error)) return []
    throw error
  }
}

/** A client's call, as far as the writers of streams look at it. */
export const CLIENT: Call = { operation: 'chat', dialect: '', model: '', stream: true, turns: [], includeUsage: true }

/** What `to` reports as lost of a recorded answer. */
export function answerLosses({ dialect, bytes, stream }: Recording, to: DialectName): readonly Loss[] {
  const writer = dialectNamed(to)
  if (!stream) return writer.writeResponse(dialectNamed(dialect).readResponse(JSON.parse(bytes.toString()))).losses
  const events = writer.eventWriter(CLIENT)
  for (const event of readStream(dialectNamed(dialect), bytes)) events.push(event)
  events.end()
  return events.losses
}
