import type { Event } from '../../call/event.ts'
import type { Json } from '../../call/json.ts'
import type { EventReader, Frame } from '../dialect.ts'
import { parseJson } from '../parse-json.ts'
import { cutStream, unreadableStream } from '../stream-errors.ts'
import { readError } from './errors.ts'
import { type Holds, isCallItem, itemsHold, readFinish } from './finish.ts'
import { readOutput } from './item-read.ts'
import { extraOf, isObject, type Members } from './members.ts'
import { dressingOf, identityOf, statusNote, unknownMembers } from './response.ts'
import { type ItemReader, itemReader, pushWhole } from './stream-items.ts'
import { readUsage } from './usage.ts'

interface OpenItem {
  readonly reader: ItemReader
  readonly item: Members
}

/** Reads the events of a streamed response. Event types that it does not know are passed over. */
export class ResponsesEventReader implements EventReader {
  readonly #open = new Map<Json | undefined, OpenItem>()
  readonly #next = (): number => this.#blocks++
  readonly #holds: { -readonly [Member in keyof Holds]: Holds[Member] } = { calls: false, refusal: false }
  #blocks = 0
  #started = false
  #over = false

  push(frame: Frame): Event[] {
    if (this.#over || frame.data === '[DONE]') return []
    const data = parseJson(frame.data)
    if (!isObject(data)) return this.#fail(unreadableStream('an event that is not a JSON object'))
    const type = typeof data.type === 'string' ? data.type : (frame.event ?? '')
    if (type === 'error' || isObject(data.error)) return this.#fail({ type: 'error', fault: readError(200, data) })
    return isObject(data.response) ? this.#response(type, data.response) : this.#within(type, data)
  }

  end(): Event[] {
    if (this.#over) return []
    return this.#fail(cutStream())
  }

  /** An event that tells of the response as a whole. */
  #response(type: string, response: Members): Event[] {
    if (type === 'response.failed') return this.#fail({ type: 'error', fault: readError(200, response) })
    const events: Event[] = []
    if (!this.#started) {
      this.#started = true
      events.push({ type: 'start', ...identityOf(response), ...extraOf(dressingOf(response)) })
    }
    if (type === 'response.completed' || type === 'response.incomplete') this.#end(response, events)
    return events
  }

  #within(type: string, data: Members): Event[] {
    const events: Event[] = []
    const index = data.output_index
    if (!this.#started && type.startsWith('response.'))
      return this.#fail(unreadableStream(`${type} before response.created`))
    if (type === 'response.output_item.added') {
      if (isObject(data.item)) this.#add(index, data.item, events)
    } else if (type === 'response.output_item.done') {
      if (isObject(data.item)) this.#close(index, data.item, events)
    } else {
      this.#holds.refusal ||= type === 'response.refusal.delta'
      this.#open.get(index)?.reader.event(type, data, events)
    }
    return events
  }

  #add(index: Json | undefined, item: Members, events: Event[]): void {
    this.#holds.calls ||= isCallItem(item)
    this.#open.set(index, { reader: itemReader(item, this.#next, events), item })
  }

  #close(index: Json | undefined, item: Members, events: Event[]): void {
    // Vendors exist that send whole items only.
    if (!this.#open.has(index)) this.#add(index, item, events)
    this.#holds.refusal ||= itemsHold([item]).refusal
    this.#open.get(index)?.reader.close(item, events)
    this.#open.delete(index)
  }

  #end(response: Members, events: Event[]): void {
    this.#over = true
    for (const { reader, item } of this.#open.values()) reader.close(item, events)
    if (this.#blocks === 0 && Array.isArray(response.output)) {
      pushWhole(readOutput(response.output), this.#next, events)
      Object.assign(this.#holds, itemsHold(response.output))
    }
    const usage = readUsage(response.usage)
    events.push(
      { type: 'finish', output: 0, finish: readFinish(response, this.#holds), ...statusNote(response) },
      {
        type: 'end',
        ...(usage !== undefined && { usage }),
        ...extraOf(unknownMembers(response), dressingOf(response)),
      },
    )
  }

  #fail(event: Event): Event[] {
    this.#over = true
    return [event]
  }
}
