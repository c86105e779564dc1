import type { Event } from '../../call/event.ts'
import { escaped, Joined } from '../../call/extra.ts'
import type { Fault } from '../../call/fault.ts'
import type { Json } from '../../call/json.ts'
import type { EventReader, Frame } from '../dialect.ts'
import { parseJson } from '../parse-json.ts'
import { cutStream, unreadableStream } from '../stream-errors.ts'
import { readStreamError } from './errors.ts'
import { extraOf, isObject, type Members } from './members.ts'
import { OutputReader } from './stream-output.ts'
import { readUsage } from './usage.ts'

/** Members of a chunk that are read, or are form only: `obfuscation` and `p` are OpenAI's and Mistral's padding. */
const CHUNK_MEMBERS: ReadonlySet<string> = new Set([
  ...['id', 'object', 'created', 'model', 'choices', 'usage', 'obfuscation', 'p'],
])

/** More answers to one call than any vendor gives; a larger index is a broken stream, not a list to fill. */
const MAX_OUTPUTS = 128

const NO_CHOICE: Fault = {
  kind: 'upstream',
  status: 502,
  message: 'The vendor sent an answer without a single choice.',
}

/** Reads the chunks of a streamed chat completion. */
export class ChatEventReader implements EventReader {
  readonly #outputs: (OutputReader | undefined)[] = []
  #started = false
  #over = false
  /** Members of chunks without a word in the hub: told at the start, and at the end if they came later. */
  readonly #early = new Joined('replace')
  readonly #late = new Joined('replace')
  /** The usage report so far, the last known value of each member. */
  #usage: Members | undefined

  push(frame: Frame): Event[] {
    if (this.#over) return []
    if (frame.data === '[DONE]') return this.#end()
    const chunk = parseJson(frame.data)
    if (!isObject(chunk)) return this.#fail(unreadableStream('an event that is not a JSON object'))
    const failed = frame.event === 'error' || (chunk.error !== undefined && chunk.error !== null)
    if (failed || chunk.object === 'error') return this.#fail({ type: 'error', fault: readStreamError(chunk) })
    return this.#chunk(chunk)
  }

  /** Some vendors close without `[DONE]`: that is an end only when every output has finished. */
  end(): Event[] {
    if (this.#over) return []
    const complete =
      this.#started && this.#outputs.some(Boolean) && this.#outputs.every(output => output?.finished !== false)
    return complete ? this.#end() : this.#fail(cutStream())
  }

  #chunk(chunk: Members): Event[] {
    const events: Event[] = []
    const choices = Array.isArray(chunk.choices) ? chunk.choices : []
    this.#keepUnknown(chunk)
    // Azure opens with a chunk that has neither id nor choices, only its filter's opinion of the prompt.
    if (!this.#started && (choices.length > 0 || (typeof chunk.id === 'string' && chunk.id !== ''))) {
      this.#start(chunk, events)
    }
    for (const choice of choices) {
      if (!isObject(choice)) return this.#fail(unreadableStream('a choice that is not an object'))
      const output = this.#output(choice.index ?? 0)
      if (output === undefined) return this.#fail(unreadableStream('a choice with an impossible index'))
      output.push(choice, events)
    }
    this.#report(chunk, events)
    return events
  }

  #start(chunk: Members, events: Event[]): void {
    this.#started = true
    events.push({
      type: 'start',
      id: typeof chunk.id === 'string' ? chunk.id : '',
      model: typeof chunk.model === 'string' ? chunk.model : '',
      ...(typeof chunk.created === 'number' && { created: chunk.created }),
      ...extraOf(this.#early.whole() ?? {}),
    })
  }

  #output(index: Json): OutputReader | undefined {
    if (typeof index !== 'number' || !Number.isInteger(index) || index < 0 || index >= MAX_OUTPUTS) return undefined
    const known = this.#outputs[index]
    if (known !== undefined) return known
    const output = new OutputReader(index)
    this.#outputs[index] = output
    return output
  }

  #keepUnknown(chunk: Members): void {
    for (const name in chunk) {
      const value = chunk[name]
      if (CHUNK_MEMBERS.has(name) || value === undefined || value === null) continue
      // Most vendors repeat the same value in every chunk.
      const own = escaped(name)
      if (this.#early.says(own, value) || this.#late.says(own, value)) continue
      const kept = this.#started ? this.#late : this.#early
      kept.add({ [own]: value })
    }
  }

  /** Vendors report once, or in every chunk, or null again later: what counts is the last value of each member. */
  #report(chunk: Members, events: Event[]): void {
    const report = isObject(chunk.usage) ? chunk.usage : isObject(chunk.x_groq) ? chunk.x_groq.usage : undefined
    if (!isObject(report)) return
    const told = Object.entries(report).filter(([, value]) => value !== null)
    this.#usage = { ...this.#usage, ...Object.fromEntries(told) }
    const usage = readUsage(this.#usage)
    if (usage !== undefined && this.#started) events.push({ type: 'usage', usage })
  }

  #end(): Event[] {
    if (!this.#started) return this.#fail({ type: 'error', fault: NO_CHOICE })
    const events: Event[] = []
    // Not where the reason comes: some send content behind it.
    for (const output of this.#outputs) output?.finish(events)
    this.#over = true
    const usage = readUsage(this.#usage)
    events.push({ type: 'end', ...(usage !== undefined && { usage }), ...extraOf(this.#late.whole() ?? {}) })
    return events
  }

  #fail(event: Event): Event[] {
    this.#over = true
    return [event]
  }
}
