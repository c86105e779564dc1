import type { Block } from '../../call/block.ts'
import type { BlockOpenEvent, DeltaEvent, EndEvent, Event, FinishEvent, StartEvent } from '../../call/event.ts'
import { Joined } from '../../call/extra.ts'
import { foreignLosses, foreignUsageLosses } from '../../call/foreign.ts'
import type { Loss } from '../../call/loss.ts'
import type { Usage } from '../../call/result.ts'
import type { EventWriter, Frame } from '../dialect.ts'
import { StreamLosses } from '../stream-losses.ts'
import type { ContentContext } from '../write-context.ts'
import { writeErrorFrames } from './errors.ts'
import { finishLosses, writeFinish } from './finish.ts'
import { DIALECT, type Members, nestedMembers, ownMembers } from './members.ts'
import { writePart } from './parts-write.ts'
import { writeUsage } from './usage.ts'

/** A block that is open; one that Gemini only has whole (`held`) grows until it closes. */
interface OpenBlock {
  content: Block
  readonly held: boolean
}

/** Writes events as the chunks of a streamGenerateContent answer. */
export class StreamWriter implements EventWriter {
  readonly #losses = new StreamLosses()
  readonly #blocks = new Map<string, OpenBlock>()
  readonly #finishes: FinishEvent[] = []
  /** What every chunk ends with, as JSON text: built once. */
  #tail = '}'
  #usage: Usage | undefined
  #over = false

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
        // Told with the usage, which Google's clients look for in the last chunk.
        this.#finishes.push(event)
        return []
      case 'usage':
        this.#usage = { ...this.#usage, ...event.usage }
        return []
      case 'end':
        return this.#end(event)
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
    const named = { ...ownMembers(event.extra), modelVersion: event.model, responseId: event.id }
    this.#tail = `,${JSON.stringify(named).slice(1)}`
    return []
  }

  #open(event: BlockOpenEvent): Frame[] {
    const { output, content } = event
    const streams = content.type === 'text' || content.type === 'reasoning'
    if (content.type === 'reasoning' && content.redacted !== undefined) {
      this.#write(output, content)
      return []
    }
    const open = { content, held: !streams }
    this.#blocks.set(`${output}.${event.block}`, open)
    if (!streams) return []
    this.#losses.add(foreignLosses(DIALECT, content.at ?? placeOf(output), content.extra))
    const own = Object.keys(ownMembers(content.extra)).length > 0
    return content.text === '' && !own ? [] : this.#write(output, content)
  }

  #delta(event: DeltaEvent): Frame[] {
    const open = this.#blocks.get(`${event.output}.${event.block}`)
    if (open === undefined) return []
    const { content } = open
    if (event.text !== undefined && !open.held) return event.text === '' ? [] : [textChunk(event, content, this.#tail)]
    if (event.extra !== undefined)
      this.#losses.add(foreignLosses(DIALECT, content.at ?? placeOf(event.output), event.extra))
    if (open.held) {
      open.content = grown(content, event)
      return []
    }
    return this.#small(event, content)
  }

  /** What is told of a text beside its words: its signature, and members of our own. */
  #small({ output, signature, extra }: DeltaEvent, { type }: Block): Frame[] {
    const own = extra === undefined ? {} : ownMembers(extra)
    const told = { ...own, ...(signature !== undefined && { thoughtSignature: signature }) }
    if (Object.keys(told).length === 0) return []
    return [this.#part(output, { ...told, text: '', ...(type === 'reasoning' && { thought: true }) })]
  }

  #close(output: number, block: number): Frame[] {
    const key = `${output}.${block}`
    const open = this.#blocks.get(key)
    this.#blocks.delete(key)
    return open?.held === true ? this.#write(output, open.content) : []
  }

  #write(output: number, content: Block): Frame[] {
    const losses: Loss[] = []
    const context: ContentContext = { into: 'response', own: false, at: placeOf(output), losses }
    const part = writePart(content, context)
    this.#losses.add(losses)
    return part === undefined ? [] : [this.#part(output, part)]
  }

  #part(output: number, part: Members): Frame {
    return chunk(output, JSON.stringify(part), this.#tail)
  }

  #end(event: EndEvent): Frame[] {
    this.#over = true
    if (event.usage !== undefined) this.#usage = { ...this.#usage, ...event.usage }
    this.#losses.add([...foreignLosses(DIALECT, undefined, event.extra), ...foreignUsageLosses(DIALECT, this.#usage)])
    const last = {
      ...(this.#finishes.length > 0 && { candidates: this.#finishes.map(finish => this.#candidate(finish)) }),
      ...ownMembers(event.extra),
      ...(this.#usage !== undefined && { usageMetadata: writeUsage(this.#usage) }),
    }
    const text = JSON.stringify(last)
    return [{ data: text === '{}' ? `{${this.#tail.slice(1)}` : `${text.slice(0, -1)}${this.#tail}` }]
  }

  #candidate({ output, finish, extra }: FinishEvent): Members {
    const at = `candidates.${output}`
    this.#losses.add([...foreignLosses(DIALECT, at, extra), ...finishLosses(finish, extra, at)])
    const content = { ...nestedMembers(extra, 'content'), parts: [], role: 'model' }
    return { content, finishReason: writeFinish(finish, extra), ...ownMembers(extra, 'content'), index: output }
  }
}

function placeOf(output: number): string {
  return `candidates.${output}.content`
}

/** `part` and `tail` are JSON text. */
function chunk(output: number, part: string, tail: string): Frame {
  return { data: `{"candidates":[{"content":{"parts":[${part}],"role":"model"},"index":${output}}]${tail}` }
}

/** The most frequent chunk by far. */
function textChunk({ output, text = '' }: DeltaEvent, { type }: Block, tail: string): Frame {
  const thought = type === 'reasoning' ? ',"thought":true' : ''
  return chunk(output, `{"text":${JSON.stringify(text)}${thought}}`, tail)
}

function grown(content: Block, event: DeltaEvent): Block {
  const extra = new Joined('append', content.extra, event.extra).whole()
  const whole = extra === undefined ? content : { ...content, extra }
  return whole.type === 'tool-call' ? { ...whole, arguments: whole.arguments + (event.arguments ?? '') } : whole
}
