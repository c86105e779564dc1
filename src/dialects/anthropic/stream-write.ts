import type { Block } from '../../call/block.ts'
import type { BlockOpenEvent, DeltaEvent, EndEvent, Event, FinishEvent, StartEvent } from '../../call/event.ts'
import { foreignLosses, foreignUsageLosses } from '../../call/foreign.ts'
import type { Json } from '../../call/json.ts'
import type { Loss } from '../../call/loss.ts'
import type { Usage } from '../../call/result.ts'
import type { EventWriter, Frame } from '../dialect.ts'
import { StreamLosses } from '../stream-losses.ts'
import { ANSWER } from '../write-context.ts'
import { writeErrorFrames } from './errors.ts'
import { finishLosses, writeFinish } from './finish.ts'
import { DIALECT, noteOf, ownMembers } from './members.ts'
import { deltasOf, inputDelta, startOf } from './stream-blocks.ts'
import { writeUsage } from './usage.ts'

/** A block that is open. It has no index until its start is written: text is started by its first piece. */
interface OpenBlock {
  readonly content: Block
  index: number | undefined
  /** A piece of it was written. */
  spoke: boolean
}

/** Writes the events of a Messages API stream. How the message finished is held back until its usage is known. */
export class StreamWriter implements EventWriter {
  readonly #losses = new StreamLosses()
  readonly #open = new Map<number, OpenBlock>()
  #indexes = 0
  #started = false
  #over = false
  #finish: FinishEvent | undefined
  #usage: Usage | undefined

  get losses(): readonly Loss[] {
    return this.#losses.list
  }

  push(event: Event): Frame[] {
    if (this.#over) return []
    switch (event.type) {
      case 'delta':
        return this.#delta(event)
      case 'block-open':
        return this.#openBlock(event)
      case 'block-close':
        return event.output === 0 ? this.#closeBlock(event.block) : []
      case 'start':
        return this.#start(event)
      case 'finish':
        if (event.output === 0) this.#finish = event
        return []
      case 'usage':
        this.#usage = { ...this.#usage, ...event.usage }
        return []
      case 'ping':
        return this.#started ? [frame('ping', { type: 'ping' })] : []
      case 'end':
        return this.#end(event)
      case 'error':
        this.#over = true
        return writeErrorFrames(event.fault)
    }
  }

  /** Nothing is held beyond `end` and `error`: a stream without either was cut, and must not look whole. */
  end(): Frame[] {
    return []
  }

  #start(event: StartEvent): Frame[] {
    this.#started = true
    this.#usage = event.usage
    this.#losses.add(foreignLosses(DIALECT, undefined, event.extra))
    const message = {
      ...ownMembers(event.extra),
      id: event.id,
      type: 'message',
      role: 'assistant',
      model: event.model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      // Clients read the cache counts without asking whether they are there; not all vendors send them.
      usage: { cache_creation_input_tokens: 0, cache_read_input_tokens: 0, ...writeUsage(event.usage) },
    }
    return [frame('message_start', { type: 'message_start', message })]
  }

  #openBlock({ output, block, content }: BlockOpenEvent): Frame[] {
    if (output !== 0) {
      this.#losses.add([{ path: `outputs.${output}`, why: 'Anthropic gives one answer' }])
      return []
    }
    this.#losses.add(foreignLosses(DIALECT, content.at ?? ANSWER, content.extra))
    const open: OpenBlock = { content, index: undefined, spoke: false }
    this.#open.set(block, open)
    // A text block that stays empty is never started: a client could not send it back.
    const waits = content.type === 'text' && content.text === '' && noteOf(content.extra, '$blank') === undefined
    return waits ? [] : this.#startBlock(block, open)
  }

  #startBlock(block: number, open: OpenBlock): Frame[] {
    const losses: Loss[] = []
    const parts = startOf(open.content, losses)
    this.#losses.add(losses)
    if (parts === undefined) {
      this.#open.delete(block)
      return []
    }
    const index = this.#indexes++
    open.index = index
    open.spoke = parts.deltas.length > 0
    const start = { type: 'content_block_start', index, content_block: parts.start }
    return [frame('content_block_start', start), ...parts.deltas.map(delta => deltaFrame(index, delta))]
  }

  #delta(event: DeltaEvent): Frame[] {
    const open = event.output === 0 ? this.#open.get(event.block) : undefined
    if (open === undefined) return []
    if (event.extra !== undefined) this.#losses.add(foreignLosses(DIALECT, open.content.at ?? ANSWER, event.extra))
    const deltas = deltasOf(open.content, event)
    if (deltas.length === 0) return []
    const frames = open.index === undefined ? this.#startBlock(event.block, open) : []
    open.spoke = true
    for (const delta of deltas) frames.push(deltaFrame(open.index ?? 0, delta))
    return frames
  }

  #closeBlock(block: number): Frame[] {
    const open = this.#open.get(block)
    this.#open.delete(block)
    if (open?.index === undefined) return []
    const { index, content, spoke } = open
    const stop = frame('content_block_stop', { type: 'content_block_stop', index })
    // Clients parse the pieces joined: without one they would parse an empty string.
    return content.type === 'tool-call' && !spoke ? [deltaFrame(index, inputDelta('{}')), stop] : [stop]
  }

  #end(event: EndEvent): Frame[] {
    this.#over = true
    const frames = [...this.#open.keys()].flatMap(block => this.#closeBlock(block))
    const usage = event.usage === undefined ? this.#usage : { ...this.#usage, ...event.usage }
    const { finish, extra } = this.#finish ?? { finish: { reason: 'other' } }
    this.#losses.add(foreignLosses(DIALECT, undefined, event.extra))
    this.#losses.add([...foreignLosses(DIALECT, ANSWER, extra), ...finishLosses(finish, extra)])
    this.#losses.add(foreignUsageLosses(DIALECT, usage))
    const beside = noteOf(event.extra, '$event')
    const own = Object.entries(ownMembers(event.extra))
    const isBeside = ([member]: readonly [string, Json]): boolean => Array.isArray(beside) && beside.includes(member)
    const outside = Object.fromEntries(own.filter(isBeside))
    const inside = Object.fromEntries(own.filter(entry => !isBeside(entry)))
    const delta = { ...inside, ...writeFinish(finish, extra) }
    const last = { ...outside, type: 'message_delta', delta, usage: writeUsage(usage) }
    return [...frames, frame('message_delta', last), frame('message_stop', { type: 'message_stop' })]
  }
}

function frame(event: string, data: Json): Frame {
  return { event, data: JSON.stringify(data) }
}

function deltaFrame(index: number, delta: string): Frame {
  return { event: 'content_block_delta', data: `{"type":"content_block_delta","index":${index},"delta":${delta}}` }
}
