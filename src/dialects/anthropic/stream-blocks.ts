import type { Block } from '../../call/block.ts'
import type { DeltaEvent } from '../../call/event.ts'
import type { Json } from '../../call/json.ts'
import type { Loss } from '../../call/loss.ts'
import { answerContext } from '../write-context.ts'
import { writeBlock } from './blocks-write.ts'
import { DIALECT, isObject, type Members, ownMembers } from './members.ts'

/** A block as Anthropic opens it, empty, and the deltas (as JSON text) for what it already holds. */
export interface BlockStart {
  readonly start: Members
  readonly deltas: readonly string[]
}

/** How a block begins in a stream; undefined, with a loss, for blocks that Anthropic does not know. */
export function startOf(content: Block, losses: Loss[]): BlockStart | undefined {
  const own = ownMembers(content.extra)
  switch (content.type) {
    case 'text': {
      const citations = Array.isArray(own.citations) ? own.citations : []
      const start = { ...own, ...(citations.length > 0 && { citations: [] }), type: 'text', text: '' }
      return { start, deltas: [...citations.map(citationDelta), ...textDelta(content.text)] }
    }
    case 'tool-call': {
      const start = { ...own, type: 'tool_use', id: content.id, name: content.name, input: {} }
      return { start, deltas: content.arguments === '' ? [] : [inputDelta(content.arguments)] }
    }
    case 'reasoning': {
      if (content.redacted !== undefined) {
        return { start: { ...own, type: 'redacted_thinking', data: content.redacted }, deltas: [] }
      }
      const signature = content.signature === undefined ? [] : [signatureDelta(content.signature)]
      const start = { ...own, type: 'thinking', thinking: '', signature: '' }
      return { start, deltas: [...thinkingDelta(content.text), ...signature] }
    }
    default: {
      const whole = writeBlock(content, answerContext(losses))
      return whole === undefined ? undefined : withoutInput(whole)
    }
  }
}

/** A server tool's call streams its input as a client's does. */
function withoutInput(block: Members): BlockStart {
  const { input } = block
  if (!isObject(input) || Object.keys(input).length === 0) return { start: block, deltas: [] }
  return { start: { ...block, input: {} }, deltas: [inputDelta(JSON.stringify(input))] }
}

/** The deltas, as JSON text, for a piece of a block; none for an empty piece and for what only other dialects understand. */
export function deltasOf(content: Block, event: DeltaEvent): readonly string[] {
  if (event.text !== undefined) {
    return content.type === 'reasoning' ? thinkingDelta(event.text) : textDelta(event.text)
  }
  if (event.arguments !== undefined) return event.arguments === '' ? [] : [inputDelta(event.arguments)]
  if (event.signature !== undefined) return [signatureDelta(event.signature)]
  return Object.entries(event.extra?.[DIALECT] ?? {}).flatMap(extraDeltas)
}

/** Citations, and deltas of types that the reader did not know, which it keeps under their type. */
function extraDeltas([member, value]: [string, Json]): string[] {
  if (!Array.isArray(value)) return []
  return member === 'citations' ? value.map(citationDelta) : value.map(delta => JSON.stringify(delta))
}

function textDelta(text: string): string[] {
  return text === '' ? [] : [`{"type":"text_delta","text":${JSON.stringify(text)}}`]
}

function thinkingDelta(text: string): string[] {
  return text === '' ? [] : [`{"type":"thinking_delta","thinking":${JSON.stringify(text)}}`]
}

function signatureDelta(signature: string): string {
  return `{"type":"signature_delta","signature":${JSON.stringify(signature)}}`
}

function citationDelta(citation: Json): string {
  return `{"type":"citations_delta","citation":${JSON.stringify(citation)}}`
}

/** A piece of a tool call's argument text. */
export function inputDelta(json: string): string {
  return `{"type":"input_json_delta","partial_json":${JSON.stringify(json)}}`
}
