import type { Block } from './block.ts'
import type { Call, Turn } from './call.ts'
import type { Loss } from './loss.ts'

/**
 * The call without reasoning that bears no signature, for vendors that refuse it: another vendor's, which was given to the client
 * unsigned, and came back when the conversation moved on. Turns of nothing else go with it. The same call where all is signed.
 */
export function dropUnproven(call: Call): { readonly call: Call; readonly losses: readonly Loss[] } {
  const losses: Loss[] = []
  const turns = call.turns.map(turn => provenTurn(turn, losses)).filter(turn => turn !== undefined)
  return losses.length === 0 ? { call, losses } : { call: { ...call, turns }, losses }
}

function provenTurn(turn: Turn, losses: Loss[]): Turn | undefined {
  const unproven = turn.blocks.filter(isUnproven)
  if (unproven.length === 0) return turn
  for (const { at = turn.at ?? 'messages' } of unproven) {
    losses.push({ path: at, why: 'the vendor takes reasoning back only with its own signature' })
  }
  const blocks = turn.blocks.filter(block => !isUnproven(block))
  return blocks.length === 0 ? undefined : { ...turn, blocks }
}

function isUnproven(block: Block): boolean {
  return block.type === 'reasoning' && block.redacted === undefined && (block.signature ?? '') === ''
}
