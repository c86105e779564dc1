import type { Block } from '../call/block.ts'
import type { Json } from '../call/json.ts'
import { itemIdOf } from '../dialects/openai-responses/conversation.ts'
import { isReference } from '../dialects/openai-responses/item-read.ts'
import { readResponse } from '../dialects/openai-responses/response.ts'
import { parseBody } from '../relay/parse-body.ts'

/** An item that a request refers to by its id. */
export interface Reference {
  readonly id: string
  /** Its path in the request (`input.2`). */
  readonly at: string
}

/**
 * The items that a request refers to by their ids. The body is parsed only if it may hold a reference, which has a member `id`
 * (whose name may be written with escapes). Throws MalformedJson.
 */
export function referencesIn(body: Buffer): Reference[] {
  if (!body.includes('"id"') && !body.includes('\\u')) return []
  const { input } = parseBody(body)
  if (!Array.isArray(input)) return []
  return (input as readonly Json[]).flatMap((item, index) =>
    isReference(item) ? [{ id: String(item.id), at: `input.${index}` }] : [],
  )
}

/** The ids of the items of a response on the pass lane; none where it cannot be read. */
export function itemsOf(body: Buffer): string[] {
  try {
    return idsOf(readResponse(parseBody(body) as Json).outputs.flatMap(({ blocks }) => blocks))
  } catch {
    // The body's readers report that it is not a response.
    return []
  }
}

/** The ids of the items that these blocks were read from. */
export function idsOf(blocks: readonly Block[]): string[] {
  return blocks.map(itemIdOf).filter(id => id !== undefined)
}
