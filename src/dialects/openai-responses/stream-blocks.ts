import type { OpaqueBlock, ReasoningBlock, TextBlock, ToolCallBlock } from '../../call/block.ts'
import type { DeltaEvent } from '../../call/event.ts'
import { Joined } from '../../call/extra.ts'
import type { Frame } from '../dialect.ts'
import { type ItemForm, TEXT_FORM } from './item-form.ts'
import { writeCall } from './item-write.ts'
import { DIALECT, type Members, noteOf } from './members.ts'
import { writePart } from './part-write.ts'
import { writeReasoning } from './reasoning-write.ts'
import type { StreamEvents } from './stream-events.ts'

/** Writes one block; `close` also hands over what it has become, for the item or the message that holds it. */
export interface BlockWriter {
  open(): Frame[]
  delta(event: DeltaEvent): Frame[]
  close(done: (whole: Members) => void): Frame[]
}

const NOTHING: Frame[] = []

/** A text or a refusal as the part at `place` of a message. */
export function textWriter(block: TextBlock, place: Members, events: StreamEvents): BlockWriter {
  const refusal = block.refusal === true
  const name = refusal ? 'refusal' : 'output_text'
  const member = refusal ? 'refusal' : 'text'
  const write = events.deltas(`response.${name}.delta`, refusal ? place : { ...place, logprobs: [] })
  let text = ''
  const extra = new Joined('append', block.extra?.[DIALECT])
  let annotations = 0
  const part = (): Members => {
    const whole = { ...block, text, extra: { [DIALECT]: extra.whole() ?? {} } }
    const context = { own: false, at: '', losses: [] }
    const written = writePart(whole, 'model', context) ?? {}
    return refusal ? written : { ...TEXT_FORM, ...written }
  }
  const say = (piece: string | undefined): Frame[] => {
    if (!piece) return NOTHING
    text += piece
    return [write(piece)]
  }
  const annotate = (added: Members | undefined): Frame[] => {
    if (added === undefined) return NOTHING
    extra.add(added)
    const list = Array.isArray(added.annotations) ? added.annotations : []
    return list.map(annotation => {
      const members = { ...place, annotation_index: annotations++, annotation }
      return events.frame('response.output_text.annotation.added', members)
    })
  }
  return {
    open: () => [events.frame('response.content_part.added', { ...place, part: part() }), ...say(block.text)],
    delta: event => (event.text === undefined ? annotate(event.extra?.[DIALECT]) : say(event.text)),
    close(done) {
      const whole = part()
      done(whole)
      const logprobs = refusal ? {} : { logprobs: whole.logprobs ?? [] }
      return [
        events.frame(`response.${name}.done`, { ...place, [member]: text, ...logprobs }),
        events.frame('response.content_part.done', { ...place, part: whole }),
      ]
    },
  }
}

/** A call as the item at `index`. */
export function callWriter(block: ToolCallBlock, index: number, form: ItemForm, events: StreamEvents): BlockWriter {
  const item = writeCall(block, form)
  const place = { item_id: item.id ?? '', output_index: index }
  const write = events.deltas('response.function_call_arguments.delta', place)
  let text = ''
  const argue = (piece: string | undefined): Frame[] => {
    if (!piece) return NOTHING
    text += piece
    return [write(piece)]
  }
  return {
    open() {
      const begun = { ...item, status: 'in_progress', arguments: '' }
      return [
        events.frame('response.output_item.added', { output_index: index, item: begun }),
        ...argue(block.arguments),
      ]
    },
    delta: event => argue(event.arguments),
    close(done) {
      // An empty string is not JSON; clients would fail on it (acceptance B3).
      const last = text === '' ? argue('{}') : NOTHING
      const whole = { ...item, status: 'completed', arguments: text }
      done(whole)
      return [
        ...last,
        events.frame('response.function_call_arguments.done', { ...place, name: block.name, arguments: text }),
        events.frame('response.output_item.done', { output_index: index, item: whole }),
      ]
    },
  }
}

/** How the two kinds of reasoning text are told: a summary, and what some vendors show of the reasoning itself. */
const REASONING = {
  summary: { text: 'reasoning_summary_text', part: 'reasoning_summary_part', index: 'summary_index' },
  content: { text: 'reasoning_text', part: 'content_part', index: 'content_index' },
} as const

/** Reasoning as the item at `index`; its part begins with its first words, since some has none. */
export function reasoningWriter(
  block: ReasoningBlock,
  index: number,
  form: ItemForm,
  events: StreamEvents,
): BlockWriter {
  const words = REASONING[noteOf(block.extra, '$member') === 'content' ? 'content' : 'summary']
  const partType = words.text === 'reasoning_text' ? 'reasoning_text' : 'summary_text'
  let { text, signature } = { text: '', signature: block.signature }
  const item = (): Members => {
    const whole = { ...block, text, ...(signature !== undefined && { signature }) }
    const written = writeReasoning(whole, form.reasoning(index))
    return text === '' ? { ...written, summary: [] } : written
  }
  const place = { item_id: item().id ?? '', output_index: index, [words.index]: 0 }
  const write = events.deltas(`response.${words.text}.delta`, place)
  const say = (piece: string | undefined): Frame[] => {
    if (!piece) return NOTHING
    const part = { type: partType, text: '' }
    const first = text === '' ? [events.frame(`response.${words.part}.added`, { ...place, part })] : NOTHING
    text += piece
    return [...first, write(piece)]
  }
  return {
    open: () => [events.frame('response.output_item.added', { output_index: index, item: item() }), ...say(block.text)],
    delta(event) {
      if (event.signature !== undefined) signature = `${signature ?? ''}${event.signature}`
      return say(event.text)
    },
    close(done) {
      const whole = item()
      done(whole)
      const spoken = [
        [`response.${words.text}.done`, { ...place, text }],
        [`response.${words.part}.done`, { ...place, part: { type: partType, text } }],
      ] as const
      const last = text === '' ? NOTHING : spoken.map(([type, members]) => events.frame(type, members))
      return [...last, events.frame('response.output_item.done', { output_index: index, item: whole })]
    },
  }
}

/** An item that only this dialect understands, in one piece. */
export function wholeWriter({ value }: OpaqueBlock, index: number, events: StreamEvents): BlockWriter {
  const item = { output_index: index, item: value }
  return {
    open: () => [events.frame('response.output_item.added', item)],
    delta: () => NOTHING,
    close(done) {
      done(value as Members)
      return [events.frame('response.output_item.done', item)]
    },
  }
}
