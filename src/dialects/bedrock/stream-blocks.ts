import type { Block } from '../../call/block.ts'
import type { DeltaEvent } from '../../call/event.ts'
import { foreignLosses } from '../../call/foreign.ts'
import type { Json } from '../../call/json.ts'
import type { Loss } from '../../call/loss.ts'
import { ANSWER, answerContext } from '../write-context.ts'
import { writeBlock } from './blocks-write.ts'
import { DIALECT, isObject, type Members, nestedMembers, ownMembers } from './members.ts'

/** A block as Bedrock begins it: `start` for those that have an event for it, and the deltas (as JSON text) for what it already holds. */
export interface BlockStart {
  readonly start: Members | undefined
  readonly deltas: readonly string[]
}

/** How a block begins in a stream; undefined, with a loss, for blocks that Bedrock does not know. */
export function startOf(content: Block, losses: Loss[]): BlockStart | undefined {
  switch (content.type) {
    case 'text':
      losses.push(...foreignLosses(DIALECT, content.at ?? ANSWER, content.extra))
      return { start: undefined, deltas: [...textDelta(content.text), ...citationsOf(ownMembers(content.extra))] }
    case 'reasoning': {
      const { text, signature, redacted } = content
      if (redacted !== undefined) {
        const sayable = writeBlock(content, answerContext(losses)) !== undefined
        return sayable ? { start: undefined, deltas: [reasoningDelta('redactedContent', redacted)] } : undefined
      }
      losses.push(...foreignLosses(DIALECT, content.at ?? ANSWER, content.extra))
      const signed = signature === undefined ? [] : [reasoningDelta('signature', signature)]
      return { start: undefined, deltas: [...thought(text), ...signed] }
    }
    case 'tool-call': {
      losses.push(...foreignLosses(DIALECT, content.at ?? ANSWER, content.extra))
      const more = nestedMembers(content.extra, 'toolUse')
      const start = { toolUse: { ...more, toolUseId: content.id, name: content.name } }
      return { start, deltas: content.arguments === '' ? [] : [inputDelta(content.arguments)] }
    }
    default: {
      const whole = writeBlock(content, answerContext(losses))
      return whole === undefined ? undefined : startOfWhole(whole)
    }
  }
}

/** What the vendor's own tools say and give: the head in the start, the content in a delta. */
function startOfWhole(whole: Members): BlockStart {
  const [kind = ''] = Object.keys(whole)
  const inner = whole[kind]
  if (!isObject(inner)) return { start: whole, deltas: [] }
  const { input, content, ...head } = inner
  if (input !== undefined) return { start: { [kind]: head }, deltas: [inputDelta(JSON.stringify(input))] }
  if (content !== undefined) return { start: { [kind]: head }, deltas: [JSON.stringify({ [kind]: content })] }
  return { start: whole, deltas: [] }
}

/** The deltas, as JSON text, for a piece of a block; none for an empty piece and for what only other dialects understand. */
export function deltasOf(content: Block, event: DeltaEvent): readonly string[] {
  if (event.text !== undefined) return content.type === 'reasoning' ? thought(event.text) : textDelta(event.text)
  if (event.arguments !== undefined) return event.arguments === '' ? [] : [inputDelta(event.arguments)]
  if (event.signature !== undefined) return [reasoningDelta('signature', event.signature)]
  return citationsOf(event.extra?.[DIALECT] ?? {})
}

function textDelta(text: string): string[] {
  return text === '' ? [] : [`{"text":${JSON.stringify(text)}}`]
}

function thought(text: string): string[] {
  return text === '' ? [] : [reasoningDelta('text', text)]
}

function reasoningDelta(member: string, value: string): string {
  return `{"reasoningContent":{"${member}":${JSON.stringify(value)}}}`
}

function citationsOf({ citations }: Readonly<Record<string, Json>>): string[] {
  return Array.isArray(citations) ? citations.map(citation => JSON.stringify({ citation })) : []
}

/** A piece of a tool call's argument text. */
export function inputDelta(json: string): string {
  return `{"toolUse":{"input":${JSON.stringify(json)}}}`
}
