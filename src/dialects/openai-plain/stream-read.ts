import type { Event } from '../../call/event.ts'
import type { Fault } from '../../call/fault.ts'
import type { EventReader, Frame } from '../dialect.ts'
import { readStreamError } from '../openai-chat/errors.ts'
import { isObject } from '../openai-chat/members.ts'
import { parseJson } from '../parse-json.ts'
import { unreadableStream } from '../stream-errors.ts'
import { readUsage } from './usage.ts'

/**
 * Follows a stream that is only passed on (pictures as they get clearer, a transcript as it grows): tells content from errors,
 * and finds the usage. Such streams have no terminator, several pictures end in an event each: the end of the bytes is the end.
 */
export class PlainEventReader implements EventReader {
  #started = false
  #over = false

  push(frame: Frame): Event[] {
    if (this.#over) return []
    if (frame.data === '[DONE]') return this.#finish({ type: 'end' })
    const json = parseJson(frame.data)
    if (json === undefined) return this.#finish(unreadableStream('an event that is not JSON'))
    if (isObject(json) && (frame.event === 'error' || json.type === 'error' || isObject(json.error))) {
      return this.#finish({ type: 'error', fault: readStreamError(json) })
    }
    const events: Event[] = this.#started ? [CONTENT] : [START, CONTENT]
    this.#started = true
    const usage = isObject(json) ? readUsage(json) : undefined
    if (usage !== undefined) events.push({ type: 'usage', usage })
    return events
  }

  end(): Event[] {
    if (this.#over || this.#started) return []
    return this.#finish({ type: 'error', fault: EMPTY })
  }

  #finish(event: Event): Event[] {
    this.#over = true
    return [event]
  }
}

const START: Event = { type: 'start', id: '', model: '' }
/** Of what kind, nobody needs to know. */
const CONTENT: Event = { type: 'delta', output: 0, block: 0 }

const EMPTY: Fault = { kind: 'network', status: 502, message: 'The vendor closed the stream before it began.' }
