import type { Block } from '../../call/block.ts'
import type { Call } from '../../call/call.ts'
import type { BlockOpenEvent, DeltaEvent, Event, FinishEvent, StartEvent } from '../../call/event.ts'
import { foreignLosses } from '../../call/foreign.ts'
import type { Json } from '../../call/json.ts'
import type { Loss } from '../../call/loss.ts'
import type { Usage } from '../../call/result.ts'
import type { EventWriter, Frame } from '../dialect.ts'
import { StreamLosses } from '../stream-losses.ts'
import { writeErrorFrames } from './errors.ts'
import { finishLosses, writeFinish } from './finish.ts'
import { DIALECT, type Members, nestedMembers, ownMembers } from './members.ts'
import { type BlockWriter, blockWriter, type OutputState } from './stream-blocks.ts'
import { withoutSignature } from './thought-signature.ts'
import { writeUsage } from './usage.ts'

/** A block that is open, and where it stood in the vendor's answer: losses name that place. */
interface OpenBlock {
  readonly writer: BlockWriter
  readonly at: string
}

/** Writes events as chunks of a streamed chat completion, for the client whose call is given. */
export class ChatEventWriter implements EventWriter {
  readonly #losses = new StreamLosses()
  readonly #includeUsage: boolean
  readonly #outputs = new Map<number, OutputState>()
  readonly #blocks = new Map<string, OpenBlock>()
  #base: Members = {}
  /** What every chunk begins with, `#base` as JSON text: built once, it is most of a chunk. */
  #head = ''
  #usage: Usage | undefined
  #over = false

  constructor(call: Call) {
    this.#includeUsage = call.includeUsage === true
  }

  get losses(): readonly Loss[] {
    return this.#losses.list
  }

  push(event: Event): Frame[] {
    if (this.#over) return []
    switch (event.type) {
      case 'delta':
        return this.#delta(event)
      case 'start':
        return this.#start(event)
      case 'block-open':
        return this.#open(event)
      case 'block-close':
        return this.#close(event.output, event.block)
      case 'finish':
        return this.#finish(event)
      case 'usage':
        this.#usage = { ...this.#usage, ...event.usage }
        return []
      case 'end':
        if (event.usage !== undefined) this.#usage = { ...this.#usage, ...event.usage }
        this.#losses.add(foreignLosses(DIALECT, undefined, event.extra))
        return this.#end(ownMembers(event.extra))
      case 'error':
        this.#over = true
        return writeErrorFrames(event.fault)
      default:
        return []
    }
  }

  end(): Frame[] {
    return []
  }

  #start(event: StartEvent): Frame[] {
    this.#usage = event.usage
    this.#losses.add(foreignLosses(DIALECT, undefined, event.extra))
    this.#base = {
      id: event.id,
      object: 'chat.completion.chunk',
      created: event.created ?? 0,
      model: event.model,
      ...ownMembers(event.extra),
      // With a usage report to come, OpenAI says null in every chunk before it.
      ...(this.#includeUsage && { usage: null }),
    }
    this.#head = JSON.stringify(this.#base).slice(0, -1)
    // The role comes first, and alone, so that no client waits for it (acceptance A9).
    return this.#introduce(0)
  }

  #open(event: BlockOpenEvent): Frame[] {
    const { output, content } = event
    const at = content.at ?? `choices.${output}.message`
    const { extra } = content.type === 'tool-call' ? withoutSignature(content) : content
    this.#losses.add(foreignLosses(DIALECT, at, extra))
    const writer = blockWriter(content, this.#state(output))
    if (writer === undefined) {
      this.#losses.add([{ path: at, why: whyNot(content) }])
      return this.#introduce(output)
    }
    this.#blocks.set(`${output}.${event.block}`, { writer, at })
    const logprobs = content.extra?.[DIALECT]?.logprobs
    return [...this.#introduce(output), ...this.#deltas(output, writer.open(), logprobs)]
  }

  #delta(event: DeltaEvent): Frame[] {
    const block = this.#blocks.get(`${event.output}.${event.block}`)
    if (block === undefined) return []
    if (event.extra !== undefined) this.#losses.add(foreignLosses(DIALECT, block.at, event.extra))
    return this.#deltas(event.output, block.writer.delta(event), event.extra?.[DIALECT]?.logprobs)
  }

  #close(output: number, block: number): Frame[] {
    const key = `${output}.${block}`
    const writer = this.#blocks.get(key)?.writer
    this.#blocks.delete(key)
    return writer === undefined ? [] : this.#deltas(output, writer.close(), undefined)
  }

  #finish(event: FinishEvent): Frame[] {
    const { output, finish, extra } = event
    const at = `choices.${output}`
    this.#losses.add([...foreignLosses(DIALECT, at, extra), ...finishLosses(finish, extra, at)])
    const word = writeFinish(finish, extra, this.#state(output))
    const rest = { index: output, delta: nestedMembers(extra, 'message'), ...ownMembers(extra, 'message') }
    const choice = JSON.stringify({ ...rest, finish_reason: word })
    return [...this.#introduce(output), this.#chunk(choice)]
  }

  #end(extra: Members): Frame[] {
    this.#over = true
    const done = { data: '[DONE]' }
    const usage = this.#usage === undefined ? undefined : writeUsage(this.#usage, this.#losses.list)
    if (!this.#includeUsage || usage === undefined) {
      const why = 'known only after the last chunk of this stream'
      this.#losses.add(Object.keys(extra).map(path => ({ path, why })))
      return [done]
    }
    return [{ data: JSON.stringify({ ...this.#base, ...extra, choices: [], usage }) }, done]
  }

  /** The first chunk of an output holds its role, and is sent once. */
  #introduce(output: number): Frame[] {
    const state = this.#state(output)
    if (state.introduced) return []
    state.introduced = true
    return [this.#choice(output, '{"role":"assistant","content":""}', undefined)]
  }

  #deltas(output: number, deltas: readonly string[], logprobs: Json | undefined): Frame[] {
    if (deltas.length === 0) return logprobs === undefined ? [] : [this.#choice(output, '{}', logprobs)]
    return deltas.map((delta, index) => this.#choice(output, delta, index === 0 ? logprobs : undefined))
  }

  /** `delta` is JSON text. */
  #choice(output: number, delta: string, logprobs: Json | undefined): Frame {
    const more = logprobs === undefined ? '' : `,"logprobs":${JSON.stringify(logprobs)}`
    return this.#chunk(`{"index":${output},"delta":${delta}${more},"finish_reason":null}`)
  }

  #chunk(choice: string): Frame {
    return { data: `${this.#head},"choices":[${choice}]}` }
  }

  #state(output: number): OutputState {
    const known = this.#outputs.get(output)
    if (known !== undefined) return known
    const state: OutputState = { introduced: false, calls: false, refusal: false, nextCall: 0, nextDetail: 0 }
    this.#outputs.set(output, state)
    return state
  }
}

/** The same words as for a whole answer. */
function whyNot(block: Block): string {
  if (block.type === 'opaque') return `only ${block.dialect} understands this block`
  return `an assistant message cannot hold a block of type ${block.type}`
}
