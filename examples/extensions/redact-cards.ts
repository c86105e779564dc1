import type { FastifyInstance } from 'fastify'
import type { Block } from '../../src/call/block.ts'

/** 13 to 19 digits, as cards are written: in one piece, or in groups with spaces or hyphens between them. */
const NUMBER = /(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)/g

/**
 * Takes the numbers of payment cards out of prompts and tool results before any vendor sees them. A call without one stays
 * as it came, byte for byte.
 */
export default async function redactCards(app: FastifyInstance): Promise<void> {
  app.addHook('preHandler', async request => {
    // Routes without a body for a vendor, as GET /v1/models, have no call.
    if (request.call === undefined) return
    const call = request.call.decode()
    let found = 0
    const turns = call.turns.map(turn => ({ ...turn, blocks: turn.blocks.map(withoutCards) }))
    if (found === 0) return
    request.call.replace({ ...call, turns })
    request.log.warn({ cards: found }, 'card numbers were taken out of a prompt')

    function withoutCards(block: Block): Block {
      if (block.type === 'text') return { ...block, text: block.text.replace(NUMBER, hide) }
      if (block.type === 'tool-result') return { ...block, content: block.content.map(withoutCards) }
      return block
    }

    function hide(number: string): string {
      if (!isCard(number)) return number
      found += 1
      return '[card number]'
    }
  })
}

/** Luhn's check digit, which tells a card from an order number nine times out of ten. */
function isCard(number: string): boolean {
  const digits = [...number.replace(/\D/g, '')].reverse().map(Number)
  const sum = digits.reduce((total, digit, place) => total + (place % 2 === 0 ? digit : crossSum(digit * 2)), 0)
  return sum % 10 === 0
}

function crossSum(number: number): number {
  return number > 9 ? number - 9 : number
}
