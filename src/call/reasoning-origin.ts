import type { Block, ReasoningBlock, Signer } from './block.ts'
import type { Call, Turn } from './call.ts'
import type { Event } from './event.ts'
import type { Loss } from './loss.ts'
import type { Result } from './result.ts'

/** The reasoning that a vendor gives and accepts back. */
export interface ReasoningRules {
  /** Whose signatures it gives, and alone accepts; with `nobody` it signs nothing and accepts nothing signed. */
  readonly signer?: Signer | 'nobody' | undefined
  /** It refuses unsigned reasoning, too. */
  readonly signedReasoning?: boolean | undefined
}

/**
 * Prefix of a signature that is given to a client of another maker's API. Whole groups of base64, so that it survives clients that
 * decode and re-encode signatures.
 */
const MARKS: Readonly<Record<Signer, string>> = {
  claude: 'sluiceClaude',
  gemini: 'sluiceGemini',
  openai: 'sluiceOpenAI',
}

/** The signer of unmarked signatures, by the client's dialect. Chat Completions has no signatures of its own. */
const NATIVE: Readonly<Record<string, Signer>> = {
  anthropic: 'claude',
  bedrock: 'claude',
  gemini: 'gemini',
  'openai-responses': 'openai',
}

const SIGNERS = Object.keys(MARKS) as Signer[]

/** Whether a body holds a signature that was marked for anybody but `signer`. */
export function holdsOthersMark(body: Buffer, signer: NonNullable<ReasoningRules['signer']>): boolean {
  if (!body.includes('"sluice')) return false
  return SIGNERS.some(other => other !== signer && body.includes(`"${MARKS[other]}`))
}

/**
 * The call with signatures as their makers gave them, and without reasoning that the vendor would refuse: another maker's, and one
 * whose maker nobody knows. Turns of nothing else go with it. The same call where all stays as it is.
 */
export function keepReasoningOf(
  rules: ReasoningRules,
  call: Call,
): { readonly call: Call; readonly losses: readonly Loss[] } {
  const losses: Loss[] = []
  const turns = call.turns.map(turn => keepInTurn(turn, rules, NATIVE[call.dialect], losses))
  const kept = turns.filter(turn => turn !== undefined)
  const same = kept.length === turns.length && kept.every((turn, index) => turn === call.turns[index])
  return same ? { call, losses } : { call: { ...call, turns: kept }, losses }
}

function keepInTurn(turn: Turn, rules: ReasoningRules, native: Signer | undefined, losses: Loss[]): Turn | undefined {
  if (!turn.blocks.some(({ type }) => type === 'reasoning')) return turn
  const blocks: Block[] = []
  for (const block of turn.blocks) {
    const marker = isProven(block) ? SIGNERS.find(maker => proofOf(block).startsWith(MARKS[maker])) : undefined
    const why = block.type === 'reasoning' ? refusal(block, rules, marker ?? block.maker ?? native) : undefined
    if (why !== undefined) losses.push({ path: block.at ?? turn.at ?? 'messages', why })
    else blocks.push(marker === undefined ? block : withoutMark(block as ReasoningBlock, MARKS[marker]))
  }
  return blocks.length === 0 ? undefined : { ...turn, blocks }
}

/** Why a vendor would refuse the block; undefined where it would not, or where nobody knows its rules. */
function refusal(
  block: Block,
  { signer, signedReasoning }: ReasoningRules,
  maker: Signer | undefined,
): string | undefined {
  if (!isProven(block)) {
    return signedReasoning === true ? 'the vendor takes reasoning back only with its own signature' : undefined
  }
  if (signer === undefined || maker === signer) return undefined
  return 'signed reasoning is accepted only by the vendor that signed it'
}

/** The answer as a client that speaks `dialect` is given it: signatures of another maker than its API's bear that one's mark. */
export function markResult(result: Result, signer: ReasoningRules['signer'], dialect: string): Result {
  if (signer === undefined || signer === 'nobody' || signer === NATIVE[dialect]) return result
  const outputs = result.outputs.map(output => ({
    ...output,
    blocks: output.blocks.map(block => marked(block, MARKS[signer])),
  }))
  return { ...result, outputs }
}

/** As markResult, for the events of one stream: a signature may come in pieces, of which the first bears the mark. */
export function eventMarker(signer: ReasoningRules['signer'], dialect: string): ((event: Event) => Event) | undefined {
  if (signer === undefined || signer === 'nobody' || signer === NATIVE[dialect]) return undefined
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
