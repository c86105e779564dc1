import type { ToolResultBlock } from '../../call/block.ts'
import { parseJson } from '../parse-json.ts'
import type { ContentContext } from '../write-context.ts'
import { type Members, nestedMembers, noteOf, ownMembers } from './members.ts'
import { reportAnnotations, writeId, writePart } from './parts-write.ts'

/**
 * What a function has returned, as a part. Text of another dialect is sent as the string that it is, whatever it holds:
 * Google takes a `$ref` in the object for a reference of its own and answers 400 (acceptance B25). `media` is what else the
 * result held, to stand behind it.
 */
export function writeResult(
  block: ToolResultBlock,
  name: string,
  context: ContentContext,
): { part: Members; media: readonly Members[] } {
  reportAnnotations(block, context)
  const media: Members[] = []
  let text = ''
  for (const inner of block.content) {
    if (inner.type === 'text') {
      reportAnnotations(inner, context)
      text += inner.text
      continue
    }
    const part = writePart(inner, context)
    if (part === undefined) continue
    media.push(part)
    if (!context.own) context.losses.push({ path: inner.at ?? context.at, why: 'sent behind the result, not in it' })
  }
  const inner = {
    ...nestedMembers(block.extra, 'functionResponse'),
    ...writeId(block),
    name,
    response: responseOf(block, text),
    ...(context.own && media.length > 0 && { parts: media }),
  }
  const part = { ...ownMembers(block.extra, 'functionResponse'), functionResponse: inner }
  return { part, media: context.own ? [] : media }
}

function responseOf({ error, extra }: ToolResultBlock, text: string): Members {
  // Text that is JSON no more was changed by a plugin.
  const output = noteOf(extra, '$json') === true ? parseJson(text, text) : text
  const key = noteOf(extra, '$key')
  if (key === '' && typeof output === 'object' && output !== null) return output as Members
  return { [error === true ? 'error' : 'output']: output }
}
