import type { Block } from '../call/block.ts'
import type { Call } from '../call/call.ts'
import { countTokens } from './tokenizer.ts'

/** What a large image costs at Anthropic, which scales it down (its guide to vision). */
const TOKENS_PER_IMAGE = 1_600
/** What a page of a PDF costs at most (its guide to PDFs); the pages are not counted. */
const TOKENS_PER_FILE = 3_000
const TOKENS_PER_TURN = 4

/**
 * Estimates the tokens of a call's prompt: its texts, tools and schemas are counted, off the event loop, images and files have a
 * flat rate. Never rejects.
 */
export async function estimateTokens(call: Call): Promise<number> {
  const blocks = call.turns.flatMap(({ blocks }) => blocks.flatMap(withResultContent))
  const texts = [...blocks.map(textOf), ...(call.tools ?? []).map(toolText), formatText(call)]
  const flat = blocks.reduce((sum, block) => sum + flatRate(block), call.turns.length * TOKENS_PER_TURN)
  return (await countTokens(texts.filter(text => text !== ''))) + flat
}

function withResultContent(block: Block): readonly Block[] {
  return block.type === 'tool-result' ? [block, ...block.content] : [block]
}

function textOf(block: Block): string {
  switch (block.type) {
    case 'text':
    case 'reasoning':
      return block.text
    case 'tool-call':
      return `${block.name}\n${block.arguments}`
    case 'file':
      return block.source.kind === 'text' ? block.source.text : ''
    case 'opaque':
      return JSON.stringify(block.value)
    default:
      return ''
  }
}

function toolText({ name, description = '', parameters, opaque }: NonNullable<Call['tools']>[number]): string {
  if (opaque !== undefined) return JSON.stringify(opaque.value)
  return `${name}\n${description}\n${JSON.stringify(parameters ?? {})}`
}

function formatText({ format }: Call): string {
  return format?.type === 'json-schema' ? JSON.stringify(format.schema) : ''
}

function flatRate({ type, ...block }: Block): number {
  if (type === 'image') return TOKENS_PER_IMAGE
  return type === 'file' && 'source' in block && block.source.kind !== 'text' ? TOKENS_PER_FILE : 0
}
