import type { Event } from '../../call/event.ts'
import type { Json } from '../../call/json.ts'
import type { EventReader, Frame } from '../dialect.ts'
import { parseJson } from '../parse-json.ts'
import { cutStream, unreadableStream } from '../stream-errors.ts'
import { readStreamError } from './errors.ts'
import { readFinish } from './finish.ts'
import { extraOf, isObject, leftover, type Members } from './members.ts'
import { BlockGrowth } from './stream-growth.ts'
import { readUsage } from './usage.ts'

const STOP = new Set(['stopReason', 'p'])
const TELLING = new Set(['contentBlockStart', 'contentBlockDelta', 'contentBlockStop', 'messageStop', 'metadata'])
const METADATA = new Set(['usage', 'metrics', 'p'])

/** Reads the events of a ConverseStream answer. Event types that it does not know are passed over; `p` is padding. */
export class StreamReader implements EventReader {
  readonly #open = new Map<number, BlockGrowth>()
  #blocks = 0
  #started = false
  #finished = false
  #over = false
  #extra: Members = {}

  push({ event = '', data }: Frame): Event[] {
    if (this.#over) return []
    const members = parseJson(data)
    if (!isObject(members)) return this.#fail('an event that is not a JSON object')
    if (event === 'messageStart') return this.#start()
    return this.#started ? this.#within(event, members) : this.#unstarted(event, members)
  }

  #within(event: string, members: Members): Event[] {
    switch (event) {
      case 'contentBlockDelta':
        return this.#delta(members)
      case 'contentBlockStart':
        return this.#openBlock(members)
      case 'contentBlockStop':
        return this.#closeBlock(members.contentBlockIndex)
      case 'messageStop':
        return this.#messageStop(members)
      case 'metadata':
        return this.#metadata(members)
      default:
        return this.#aside(event, members)
    }
  }

  /** Only events that say something need a message to say it of. */
  #unstarted(event: string, members: Members): Event[] {
    return TELLING.has(event) ? this.#fail(`${event} before messageStart`) : this.#aside(event, members)
  }

  /** An exception, or an event that is not known yet. */
  #aside(event: string, members: Members): Event[] {
    const failed = event.endsWith('Exception') || event.endsWith('Error')
    return failed ? this.#end({ type: 'error', fault: readStreamError(event, members) }) : []
  }

  /** `metadata` comes last, yet `messageStop` says all that an answer needs. */
  end(): Event[] {
    if (this.#over) return []
    if (this.#finished) return this.#end({ type: 'end', ...extraOf(this.#extra) })
    return this.#end(cutStream())
  }

  #start(): Event[] {
    if (this.#started) return this.#fail('a second messageStart')
    this.#started = true
    return [{ type: 'start', id: '', model: '' }]
  }

  #openBlock({ contentBlockIndex: index, start }: Members): Event[] {
    if (typeof index !== 'number' || this.#open.has(index) || !isObject(start) || this.#finished) {
      return this.#fail('a content block that cannot be understood')
    }
    return this.#grow(index).start(start)
  }

  /** Text and reasoning have no start of their own: their first delta opens them. */
  #delta({ contentBlockIndex: index, delta }: Members): Event[] {
    if (typeof index !== 'number' || !isObject(delta) || this.#finished) {
      return this.#fail('a delta of no content block')
    }
    return (this.#open.get(index) ?? this.#grow(index)).delta(delta)
  }

  #grow(index: number): BlockGrowth {
    const block = new BlockGrowth(() => this.#blocks++)
    this.#open.set(index, block)
    return block
  }

  #closeBlock(index: Json | undefined): Event[] {
    const block = typeof index === 'number' ? this.#open.get(index) : undefined
    if (block === undefined) return []
    this.#open.delete(index as number)
    return block.close()
  }

  #messageStop(members: Members): Event[] {
    if (this.#finished) return []
    this.#finished = true
    const events = [...this.#open.values()].flatMap(block => block.close())
    this.#open.clear()
    this.#extra = leftover(members, STOP)
    return [...events, { type: 'finish', output: 0, ...readFinish(members.stopReason) }]
  }

  #metadata(members: Members): Event[] {
    const finish = this.#messageStop({})
    const usage = readUsage(members.usage)
    const { metrics } = members
    const extra = {
      ...this.#extra,
      ...leftover(members, METADATA),
      ...(metrics !== undefined && { $wire: { metrics } }),
    }
    const end = { type: 'end' as const, ...(usage !== undefined && { usage }), ...extraOf(extra) }
    return [...finish, ...this.#end(end)]
  }

  #fail(what: string): Event[] {
    return this.#end(unreadableStream(what))
  }

  #end(event: Event): Event[] {
    this.#over = true
    return [event]
  }
}
