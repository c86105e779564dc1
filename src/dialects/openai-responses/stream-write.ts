import type { Block } from '../../call/block.ts'
import type { BlockOpenEvent, DeltaEvent, EndEvent, Event, FinishEvent, StartEvent } from '../../call/event.ts'
import { foreignLosses } from '../../call/foreign.ts'
import type { Loss } from '../../call/loss.ts'
import type { Usage } from '../../call/result.ts'
import type { EventWriter, Frame } from '../dialect.ts'
import { StreamLosses } from '../stream-losses.ts'
import { writeErrorFrames } from './errors.ts'
import { finishLosses, writeFinish } from './finish.ts'
import { DIALECT, type Members, ownMembers } from './members.ts'
import { emptyResponse } from './response-form.ts'
import { StreamEvents } from './stream-events.ts'
import { OutputWriter } from './stream-output.ts'
import { writeUsage } from './usage.ts'

/** Writes the events of a streamed response. How it finished is held back until its usage is known. */
export class ResponsesEventWriter implements EventWriter {
  readonly #losses = new StreamLosses()
  readonly #events = new StreamEvents()
  #output = new OutputWriter('', this.#events)
  #base: Members = {}
  #finish: FinishEvent | undefined
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
        return event.output === 0 ? this.#output.close(event.block) : []
      case 'finish':
        if (event.output === 0) this.#finish = event
        return []
      case 'usage':
        this.#usage = { ...this.#usage, ...event.usage }
        return []
      case 'end':
        return this.#end(event)
      case 'error':
        this.#over = true
        return writeErrorFrames(event.fault)
      case 'ping':
        return []
    }
  }

  /** Nothing is held beyond `end` and `error`: a stream without either was cut, and must not look whole. */
  end(): Frame[] {
    return []
  }

  #start(event: StartEvent): Frame[] {
    this.#usage = event.usage
    this.#losses.add(foreignLosses(DIALECT, undefined, event.extra))
    this.#output = new OutputWriter(event.id, this.#events)
    this.#base = { ...emptyResponse(event.id, event.model, event.created), ...ownMembers(event.extra) }
    const response = { ...this.#base, status: 'in_progress' }
    return [
      this.#events.frame('response.created', { response }),
      this.#events.frame('response.in_progress', { response }),
    ]
  }

  #open({ output, block, content }: BlockOpenEvent): Frame[] {
    if (output !== 0) {
      this.#losses.add([{ path: `outputs.${output}`, why: 'a response is one answer' }])
      return []
    }
    const at = content.at ?? 'output'
    this.#losses.add(foreignLosses(DIALECT, at, content.extra))
    const frames = this.#output.open(block, content)
    if (frames === undefined) this.#losses.add([{ path: at, why: whyNot(content) }])
    return frames ?? []
  }

  #delta(event: DeltaEvent): Frame[] {
    if (event.output !== 0) return []
    if (event.extra !== undefined) this.#losses.add(foreignLosses(DIALECT, 'output', event.extra))
    return this.#output.delta(event)
  }

  #end(event: EndEvent): Frame[] {
    this.#over = true
    const frames = this.#output.end()
    const usage = event.usage === undefined ? this.#usage : { ...this.#usage, ...event.usage }
    const { finish, extra } = this.#finish ?? { finish: { reason: 'other' } }
    this.#losses.add([...foreignLosses(DIALECT, undefined, event.extra), ...foreignLosses(DIALECT, 'output', extra)])
    this.#losses.add(finishLosses(finish, extra))
    const losses: Loss[] = []
    const response: Members = {
      ...this.#base,
      ...ownMembers(event.extra),
      ...writeFinish(finish, extra, this.#output.holds),
      output: this.#output.items,
      ...(usage !== undefined && { usage: writeUsage(usage, losses) }),
    }
    this.#losses.add(losses)
    const type = response.status === 'incomplete' ? 'response.incomplete' : 'response.completed'
    return [...frames, this.#events.frame(type, { response })]
  }
}

/** The same words as for a whole answer. */
function whyNot(block: Block): string {
  if (block.type === 'opaque') return `only ${block.dialect} understands this block`
  return `a message of the model cannot hold a block of type ${block.type}`
}
