import type { Block } from '../../call/block.ts'
import type { BlockOpenEvent, DeltaEvent, EndEvent, Event, FinishEvent } from '../../call/event.ts'
import { foreignLosses } from '../../call/foreign.ts'
import type { Json } from '../../call/json.ts'
import type { Loss } from '../../call/loss.ts'
import type { Usage } from '../../call/result.ts'
import type { EventWriter, Frame } from '../dialect.ts'
import { StreamLosses } from '../stream-losses.ts'
import { ANSWER } from '../write-context.ts'
import { writeErrorFrames } from './errors.ts'
import { finishLosses, writeFinish } from './finish.ts'
import { DIALECT, ownMembers } from './members.ts'
import { type BlockStart, deltasOf, inputDelta, startOf } from './stream-blocks.ts'
import { usageLosses, writeUsage } from './usage.ts'

/** A block that is open. It has no index until its first event is written: text begins with its first piece. */
interface OpenBlock {
  readonly content: Block
  readonly parts: BlockStart
  index: number | undefined
  /** A piece of it was written. */
  spoke: boolean
}

/** Members of `metadata`, not of `messageStop`. */
const IN_METADATA: ReadonlySet<string> = new Set(['metrics', 'trace', 'performanceConfig', 'serviceTier'])

/** Writes the events of a ConverseStream answer. How the message finished is held back until all its blocks are over. */
export class StreamWriter implements EventWriter {
  readonly #losses = new StreamLosses()
  readonly #open = new Map<number, OpenBlock>()
  #indexes = 0
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
        this.#usage = event.usage
        this.#losses.add(foreignLosses(DIALECT, undefined, event.extra))
        return [frame('messageStart', { role: 'assistant' })]
      case 'finish':
        if (event.output === 0) this.#finish = event
        return []
      case 'usage':
        this.#usage = { ...this.#usage, ...event.usage }
        return []
      case 'ping':
        return []
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

  #openBlock({ output, block, content }: BlockOpenEvent): Frame[] {
    if (output !== 0) {
      this.#losses.add([{ path: `outputs.${output}`, why: 'Bedrock gives one answer' }])
      return []
    }
    const losses: Loss[] = []
    const parts = startOf(content, losses)
    this.#losses.add(losses)
    if (parts === undefined) return []
    const open: OpenBlock = { content, parts, index: undefined, spoke: parts.deltas.length > 0 }
    this.#open.set(block, open)
    if (parts.start === undefined && !open.spoke) return []
    const frames = this.#begin(open)
    return [...frames, ...parts.deltas.map(delta => deltaFrame(open.index as number, delta))]
  }

  #begin(open: OpenBlock): Frame[] {
    open.index = this.#indexes++
    const { start } = open.parts
    return start === undefined ? [] : [frame('contentBlockStart', { contentBlockIndex: open.index, start })]
  }

  #delta(event: DeltaEvent): Frame[] {
    const open = event.output === 0 ? this.#open.get(event.block) : undefined
    if (open === undefined) return []
    if (event.extra !== undefined) this.#losses.add(foreignLosses(DIALECT, open.content.at ?? ANSWER, event.extra))
    const deltas = deltasOf(open.content, event)
    if (deltas.length === 0) return []
    const frames = open.index === undefined ? this.#begin(open) : []
    open.spoke = true
    for (const delta of deltas) frames.push(deltaFrame(open.index as number, delta))
    return frames
  }

  #closeBlock(block: number): Frame[] {
    const open = this.#open.get(block)
    this.#open.delete(block)
    if (open?.index === undefined) return []
    const { index, content, spoke } = open
    const stop = frame('contentBlockStop', { contentBlockIndex: index })
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
    this.#losses.add(usageLosses(usage))
    const own = Object.entries(ownMembers(event.extra))
    const stop = Object.fromEntries(own.filter(([member]) => !IN_METADATA.has(member)))
    // Nobody measures for an answer that came from elsewhere, yet the member is required.
    const metadata = {
      metrics: { latencyMs: 0 },
      ...Object.fromEntries(own.filter(([member]) => IN_METADATA.has(member))),
    }
    return [
      ...frames,
      frame('messageStop', { ...stop, stopReason: writeFinish(finish, extra) }),
      frame('metadata', { ...metadata, usage: writeUsage(usage) }),
    ]
  }
}

function frame(event: string, data: Json): Frame {
  return { event, data: JSON.stringify(data) }
}

function deltaFrame(index: number, delta: string): Frame {
  return { event: 'contentBlockDelta', data: `{"contentBlockIndex":${index},"delta":${delta}}` }
}
