import type { Block, ReasoningBlock } from './block.ts'
import type { Call, Turn } from './call.ts'
import type { Event } from './event.ts'
import type { Loss } from './loss.ts'
import type { Result } from './result.ts'

/** Whose models sign or seal their reasoning; each takes back its own only, wherever it is hosted. */
export type Signer = 'claude' | 'gemini' | 'openai'

/**
 * What stands before a signature that is given to a client of another maker's API. Whole groups of base64, so that clients that
 * decode signatures and encode them again give it back.
 */
const MARKS: Readonly<Record<Signer, string>> = {
  claude: 'sluiceClaude',
  gemini: 'sluiceGemini',
  openai: 'sluiceOpenAI',
}

/** Whose unmarked signatures come from a client: those of the API that it speaks. Chat Completions has none of its own. */
const NATIVE: Readonly<Record<string, Signer>> = {
  anthropic: 'claude',
  bedrock: 'claude',
  gemini: 'gemini',
  'openai-responses': 'openai',
}

const SIGNERS = Object.keys(MARKS) as Signer[]

/** Whether a body holds a signature that was marked for anybody but `signer`. */
export function holdsOthersMark(body: Buffer, signer: Signer): boolean {
  if (!body.includes('"sluice')) return false
  return SIGNERS.some(other => other !== signer && body.includes(`"${MARKS[other]}`))
}

/** The call with signatures as their makers gave them, and without the reasoning of which another than `signer` is the maker. */
export function keepReasoningOf(
  signer: Signer | undefined,
  call: Call,
): { readonly call: Call; readonly losses: readonly Loss[] } {
  const losses: Loss[] = []
  const turns = call.turns.map(turn => keepInTurn(turn, signer, NATIVE[call.dialect], losses))
  const kept = turns.filter(turn => turn !== undefined)
  const same = kept.length === turns.length && kept.every((turn, index) => turn === call.turns[index])
  return same ? { call, losses } : { call: { ...call, turns: kept }, losses }
}

function keepInTurn(
  turn: Turn,
  signer: Signer | undefined,
  native: Signer | undefined,
  losses: Loss[],
): Turn | undefined {
  if (!turn.blocks.some(isProven)) return turn
  const blocks: Block[] = []
  for (const block of turn.blocks) {
    const marked = isProven(block) ? SIGNERS.find(maker => proofOf(block).startsWith(MARKS[maker])) : undefined
    const maker = marked ?? native
    if (isProven(block) && signer !== undefined && maker !== undefined && maker !== signer) {
      losses.push({
        path: block.at ?? turn.at ?? 'messages',
        why: 'signed reasoning is accepted only by the vendor that signed it',
      })
    } else {
      blocks.push(marked === undefined ? block : withoutMark(block as ReasoningBlock, MARKS[marked]))
    }
  }
  return blocks.length === 0 ? undefined : { ...turn, blocks }
}

/** The answer as a client that speaks `dialect` is given it: signatures of another maker than its API's bear that one's mark. */
export function markResult(result: Result, signer: Signer | undefined, dialect: string): Result {
  if (signer === undefined || signer === NATIVE[dialect]) return result
  const outputs = result.outputs.map(output => ({
    ...output,
    blocks: output.blocks.map(block => marked(block, MARKS[signer])),
  }))
  return { ...result, outputs }
}

/** As markResult, for the events of one stream: a signature may come in pieces, of which the first bears the mark. */
export function eventMarker(signer: Signer | undefined, dialect: string): ((event: Event) => Event) | undefined {
  if (signer === undefined || signer === NATIVE[dialect]) return undefined
  const mark = MARKS[signer]
  const begun = new Set<string>()
  return event => {
    if (event.type === 'block-open') {
      if (isProven(event.content)) begun.add(`${event.output}:${event.block}`)
      return { ...event, content: marked(event.content, mark) }
    }
    if (event.type !== 'delta' || !event.signature) return event
    const place = `${event.output}:${event.block}`
    if (begun.has(place)) return event
    begun.add(place)
    return { ...event, signature: mark + event.signature }
  }
}

function isProven(block: Block): block is ReasoningBlock {
  return block.type === 'reasoning' && proofOf(block) !== ''
}

function proofOf({ redacted, signature }: ReasoningBlock): string {
  return redacted ?? signature ?? ''
}

function marked(block: Block, mark: string): Block {
  if (!isProven(block)) return block
  const { redacted, signature } = block
  return redacted !== undefined ? { ...block, redacted: mark + redacted } : { ...block, signature: mark + signature }
}

function withoutMark(block: ReasoningBlock, mark: string): ReasoningBlock {
  const { redacted, signature = '' } = block
  if (redacted !== undefined) return { ...block, redacted: redacted.slice(mark.length) }
  return { ...block, signature: signature.slice(mark.length) }
}
