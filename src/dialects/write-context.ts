import type { Block } from '../call/block.ts'
import type { Loss } from '../call/loss.ts'

/** What a writer knows of what it writes, and where it reports what it could not express. */
export interface WriteContext {
  /** It was read from this dialect: its form is restored, and values that only its vendor understands (upload ids) are written. */
  readonly own: boolean
  /** Where losses stand whose block does not know its own place. */
  readonly at: string
  readonly losses: Loss[]
}

/** For dialects whose requests and answers are written by the same functions. */
export interface ContentContext extends WriteContext {
  readonly into: 'request' | 'response'
}

/** The only answer of APIs that give one, as losses name it. */
export const ANSWER = 'outputs.0'

/** For writing that answer. */
export function answerContext(losses: Loss[]): ContentContext {
  return { into: 'response', own: false, at: ANSWER, losses }
}

/** Reports that something at `path` is gone. */
export function lose(context: WriteContext, path: string | undefined, why: string): undefined {
  context.losses.push({ path: path ?? context.at, why })
}

/** The texts of a system prompt, for APIs where it can hold nothing else: other blocks are losses. */
export function systemTexts(blocks: readonly Block[], context: WriteContext, why: string): readonly Block[] {
  if (context.own) return blocks
  for (const { type, at } of blocks) if (type !== 'text') lose(context, at, why)
  return blocks.filter(({ type }) => type === 'text')
}

/**
 * Whether a text is left out for APIs that refuse blank ones: their own callers hear that from them, and an answer leaves out
 * only empty text, which a client could not send back.
 */
export function isLeftOut(text: string, { into, own }: ContentContext): boolean {
  if (into === 'response') return text === ''
  return !own && text.trim() === ''
}
