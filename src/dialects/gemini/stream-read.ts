import type { Event } from '../../call/event.ts'
import { Joined } from '../../call/extra.ts'
import type { Json } from '../../call/json.ts'
import type { EventReader, Frame } from '../dialect.ts'
import { parseJson } from '../parse-json.ts'
import { cutStream, unreadableStream } from '../stream-errors.ts'
import { readError } from './errors.ts'
import { answerIds, type CallIds } from './ids.ts'
import { extraOf, isObject, leftover, type Members } from './members.ts'
import { ANSWER, blockedOutput } from './response.ts'
import { OutputReader } from './stream-output.ts'
import { readUsage } from './usage.ts'

/** More answers to one call than Google gives; a larger index is a broken stream, not a list to fill. */
const MAX_OUTPUTS = 128

/** Reads the chunks of a streamGenerateContent answer: each is an answer in itself, and the stream ends without a word. */
export class StreamReader implements EventReader {
  readonly #outputs: (OutputReader | undefined)[] = []
  #ids: CallIds | undefined
  #nameless = false
  #over = false
  readonly #extra = new Joined('replace')
  /** The usage report so far: its counts are cumulative, the last value of each counts. */
  #usage: Members | undefined

  push(frame: Frame): Event[] {
    if (this.#over) return []
    const chunk = parseJson(frame.data)
    if (!isObject(chunk)) return this.#fail(unreadableStream('an event that is not a JSON object'))
    if (isObject(chunk.error)) return this.#fail({ type: 'error', fault: readError(200, chunk) })
    return this.#chunk(chunk, frame.data)
  }

  /** The bytes have ended: an end if every candidate has finished, or the prompt was refused. */
  end(): Event[] {
    if (this.#over) return []
    const extra = this.#extra.whole() ?? {}
    const blocked = isObject(extra.promptFeedback) && this.#outputs.length === 0
    const complete = this.#outputs.length > 0 && this.#outputs.every(output => output?.finished !== false)
    if (!blocked && !complete) {
      return this.#fail(cutStream())
    }
    this.#over = true
    const usage = readUsage(this.#usage)
    const { finish } = blockedOutput(extra)
    const events: Event[] = blocked ? [{ type: 'finish', output: 0, finish }] : []
    // Not where the reason comes: some send content behind it.
    for (const output of this.#outputs) output?.finish(events)
    return [...events, { type: 'end', ...(usage !== undefined && { usage }), ...extraOf(extra) }]
  }

  #chunk(chunk: Members, data: string): Event[] {
    const events: Event[] = []
    const ids = this.#ids ?? this.#start(chunk, events)
    if (this.#nameless) ids.hear(data)
    this.#extra.add(leftover(chunk, ANSWER))
    for (const candidate of Array.isArray(chunk.candidates) ? chunk.candidates : []) {
      if (!isObject(candidate)) return this.#fail(unreadableStream('a candidate that is not an object'))
      const output = this.#output(candidate.index ?? 0, ids)
      if (output === undefined) return this.#fail(unreadableStream('a candidate with an impossible index'))
      if (!output.push(candidate, events)) return this.#fail(unreadableStream('a part that cannot be understood'))
    }
    if (isObject(chunk.usageMetadata)) this.#report(chunk.usageMetadata, events)
    return events
  }

  #start({ responseId, modelVersion }: Members, events: Event[]): CallIds {
    const id = typeof responseId === 'string' ? responseId : ''
    const model = typeof modelVersion === 'string' ? modelVersion : ''
    events.push({ type: 'start', id, model })
    this.#nameless = id === ''
    this.#ids = answerIds(id)
    return this.#ids
  }

  #output(index: Json, ids: CallIds): OutputReader | undefined {
    if (typeof index !== 'number' || !Number.isInteger(index) || index < 0 || index >= MAX_OUTPUTS) return undefined
    const known = this.#outputs[index]
    if (known !== undefined) return known
    const output = new OutputReader(index, ids)
    this.#outputs[index] = output
    return output
  }

  #report(report: Members, events: Event[]): void {
    this.#usage = { ...this.#usage, ...report }
    const usage = readUsage(this.#usage)
    if (usage !== undefined) events.push({ type: 'usage', usage })
  }

  #fail(event: Event): Event[] {
    this.#over = true
    return [event]
  }
}
