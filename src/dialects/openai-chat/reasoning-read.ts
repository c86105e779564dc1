import type { Block, Signer } from '../../call/block.ts'
import type { Json } from '../../call/json.ts'
import { DIALECT, extraOf, type Members, ObjectReader, place } from './members.ts'

/** Where vendors put reasoning as plain text: DeepSeek, vLLM and others; Groq and OpenRouter. */
export const PLAIN_REASONING = ['reasoning_content', 'reasoning'] as const

/** The members of `reasoning_details` items that hold the content, by the item's type. */
export const DETAIL_MEMBERS: ReadonlyMap<string, string> = new Map([
  ['reasoning.text', 'text'],
  ['reasoning.summary', 'summary'],
  ['reasoning.encrypted', 'data'],
])

/**
 * The reasoning in the members of an assistant message. OpenRouter's `reasoning_details` win, since they carry the
 * signatures; a plain member that only repeats their text is noted (`$repeated`), so that nothing is doubled.
 */
export function readReasoning(reader: ObjectReader): { blocks: Block[]; notes: Members } {
  const blocks = (reader.list('reasoning_details') ?? []).map((item, index) =>
    readDetail(item, reader.path(`reasoning_details.${index}`)),
  )
  if (blocks.length === 0) readPlain(reader, blocks)
  const text = blocks.map(block => (block.type === 'reasoning' ? block.text : '')).join('')
  const written = blocks[0]?.extra?.[DIALECT]?.$member
  const repeated = PLAIN_REASONING.filter(member => member !== written && reader.peek(member) === text)
  for (const member of repeated) reader.take(member)
  return { blocks, notes: repeated.length === 0 ? {} : { $repeated: repeated } }
}

function readPlain(reader: ObjectReader, blocks: Block[]): void {
  for (const member of PLAIN_REASONING) {
    const text = reader.peek(member)
    if (typeof text !== 'string' || text === '') continue
    reader.take(member)
    blocks.push({ type: 'reasoning', text, ...place(reader.path(member)), ...extraOf({ $member: member }) })
    return
  }
}

/** OpenRouter's words for whose reasoning it is (`format`, openrouter.ai/docs/guides/best-practices/reasoning-tokens). */
const MAKERS: ReadonlyMap<Json | undefined, Signer> = new Map([
  ['anthropic-claude-v1', 'claude'],
  ['google-gemini-v1', 'gemini'],
  ['openai-responses-v1', 'openai'],
])

function makerOf(format: Json | undefined): { maker?: Signer } {
  const maker = MAKERS.get(format)
  return maker === undefined ? {} : { maker }
}

/** One item of `reasoning_details`. Items of an unknown type become opaque blocks. */
export function readDetail(item: Json, at: string | undefined): Block {
  const reader = ObjectReader.of(item, at)
  const type = reader?.string('type')
  const member = type === undefined ? undefined : DETAIL_MEMBERS.get(type)
  if (reader === undefined || type === undefined || member === undefined) {
    return { type: 'opaque', dialect: DIALECT, value: item, ...place(at), ...extraOf({ $member: 'reasoning_details' }) }
  }
  const value = reader.string(member)
  const signature = reader.string('signature')
  const index = reader.take('index')
  const notes: Members = {
    $member: 'reasoning_details',
    $type: type,
    ...(value === '' && { $empty: true }),
    ...(index !== undefined && { $wire: { index } }),
  }
  return {
    type: 'reasoning',
    text: type === 'reasoning.encrypted' ? '' : (value ?? ''),
    ...(type === 'reasoning.encrypted' && value !== undefined && { redacted: value }),
    ...(signature !== undefined && { signature }),
    ...makerOf(reader.peek('format')),
    ...place(at),
    ...extraOf(reader.rest(), notes),
  }
}
