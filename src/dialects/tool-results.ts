import type { ToolResultBlock } from '../call/block.ts'
import type { Turn } from '../call/call.ts'
import { InvalidRequest } from '../errors.ts'

/**
 * Vendors want exactly one result for each call, after it. Throws InvalidRequest for a result without a call and for a second result
 * of the same call; an id may be used again for another call. `joined` allows several results of one call in the same turn, or in
 * consecutive tool turns, for writers that join them.
 */
export function refuseStrayResults(
  turns: readonly Turn[],
  { joined = false }: { readonly joined?: boolean } = {},
): void {
  const called = new Set<string>()
  const waiting = new Set<string>()
  const together = new Set<string>()
  turns.forEach(({ role, blocks }, index) => {
    if (role !== 'tool' || turns[index - 1]?.role !== 'tool') together.clear()
    for (const block of blocks) {
      if (block.type === 'tool-call') {
        called.add(block.id)
        waiting.add(block.id)
      } else if (block.type === 'tool-result') {
        const first = waiting.delete(block.id)
        if (!first && !(joined && together.has(block.id))) refuse(block, called.has(block.id))
        together.add(block.id)
      }
    }
  })
}

function refuse({ id, at }: ToolResultBlock, called: boolean): never {
  const param = at ?? 'messages'
  const what = called ? 'there is a second tool result for' : 'there is no earlier tool call for'
  throw InvalidRequest({ param }, `${param}: ${what} "${id}"`)
}
