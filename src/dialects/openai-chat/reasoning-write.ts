import type { OpaqueBlock, ReasoningBlock } from '../../call/block.ts'
import type { Json } from '../../call/json.ts'
import { lose, type WriteContext } from '../write-context.ts'
import { type Members, noteOf, ownMembers } from './members.ts'
import { DETAIL_MEMBERS } from './reasoning-read.ts'

/**
 * The reasoning members of an assistant message. What was read from this dialect goes back into the member it came from.
 * Of another dialect's reasoning the text goes to `reasoning_content`; its signatures are given to clients to keep
 * (`reasoning_details`), but are not sent to a vendor, since only the one that signed would accept them.
 */
export function writeReasoning(
  blocks: readonly (ReasoningBlock | OpaqueBlock)[],
  context: WriteContext,
  form: { readonly answer: boolean; readonly repeated?: Json | undefined },
): Members {
  const members: Record<string, Json> = {}
  const details: Json[] = []
  const foreign: ReasoningBlock[] = []
  for (const block of blocks) {
    const member = noteOf(block.extra, '$member')
    if (block.type === 'opaque') details.push(block.value)
    else if (member === 'reasoning_details') details.push(writeDetail(block))
    else if (typeof member === 'string') members[member] = `${members[member] ?? ''}${block.text}`
    else foreign.push(block)
  }
  const { text, signed } = form.answer ? forClient(foreign) : forVendor(foreign, context)
  details.push(...signed)
  if (text !== '') members.reasoning_content = text
  if (details.length > 0) members.reasoning_details = details
  for (const member of Array.isArray(form.repeated) ? form.repeated : []) {
    if (typeof member === 'string') members[member] = blocks.map(textOf).join('')
  }
  return members
}

function textOf(block: ReasoningBlock | OpaqueBlock): string {
  return block.type === 'reasoning' ? block.text : ''
}

/** `index` is in every item because the SDKs that put streams together ask for it. */
function forClient(blocks: readonly ReasoningBlock[]): { text: string; signed: Members[] } {
  const text = blocks.map(textOf).join('')
  const proven = blocks.some(block => block.signature !== undefined || block.redacted !== undefined)
  return { text, signed: proven ? blocks.map((block, index) => ({ ...foreignDetail(block), index })) : [] }
}

/** An item of `reasoning_details` for reasoning of another dialect, signature verbatim. */
export function foreignDetail(block: ReasoningBlock): Members {
  if (block.redacted !== undefined) return { type: 'reasoning.encrypted', data: block.redacted }
  return {
    type: 'reasoning.text',
    text: block.text,
    ...(block.signature !== undefined && { signature: block.signature }),
  }
}

/** Unsigned reasoning was written by a vendor of this dialect (DeepSeek asks for it back in tool loops); signed was not. */
function forVendor(blocks: readonly ReasoningBlock[], context: WriteContext): { text: string; signed: Members[] } {
  let text = ''
  for (const block of blocks) {
    if (block.signature || block.redacted !== undefined) {
      lose(context, block.at, 'signed reasoning is accepted only by the vendor that signed it')
    } else text += block.text
  }
  return { text, signed: [] }
}

function writeDetail(block: ReasoningBlock): Members {
  const type = noteOf(block.extra, '$type')
  const member = typeof type === 'string' ? DETAIL_MEMBERS.get(type) : undefined
  const value = block.redacted ?? block.text
  const said = value !== '' || noteOf(block.extra, '$empty') === true
  return {
    ...ownMembers(block.extra),
    type: type ?? 'reasoning.text',
    ...(said && { [member ?? 'text']: value }),
    ...(block.signature !== undefined && { signature: block.signature }),
  }
}
