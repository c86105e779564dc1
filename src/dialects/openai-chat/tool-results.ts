import type { ToolResultBlock } from '../../call/block.ts'
import type { Turn } from '../../call/call.ts'
import { InvalidRequest } from '../../errors.ts'

/**
 * Vendors of this dialect want exactly one tool message for a call, behind it. Throws InvalidRequest with the id of a result that has
 * no call, or that is the second of one. An id may be used again for another call.
 */
export function refuseStrayResults(turns: readonly Turn[]): void {
  const called = new Set<string>()
  const waiting = new Set<string>()
  for (const { blocks } of turns) {
    for (const block of blocks) {
      if (block.type === 'tool-call') {
        called.add(block.id)
        waiting.add(block.id)
      } else if (block.type === 'tool-result' && !waiting.delete(block.id)) {
        refuse(block, called.has(block.id) ? 'there is a second tool result for' : 'there is no earlier tool call for')
      }
    }
  }
}

function refuse({ id, at }: ToolResultBlock, what: string): never {
  const param = at ?? 'messages'
  throw InvalidRequest({ param }, `${param}: ${what} "${id}"`)
}
