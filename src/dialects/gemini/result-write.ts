import type { ToolResultBlock } from '../../call/block.ts'
import type { Json } from '../../call/json.ts'
import { type Members, nestedMembers, noteOf, ownMembers } from './members.ts'
import { reportAnnotations, type Writing, writeId, writePart } from './parts-write.ts'

/**
 * What a function has returned, as a part. Text of another dialect is sent as the string that it is, whatever it holds:
 * Google takes a `$ref` in the object for a reference of its own and answers 400 (acceptance B25). `media` is what else the
 * result held, to stand behind it.
 */
export function writeResult(
  block: ToolResultBlock,
  name: string,
  writing: Writing,
): { part: Members; media: readonly Members[] } {
  reportAnnotations(block, writing)
  const media: Members[] = []
  let text = ''
  for (const inner of block.content) {
    if (inner.type === 'text') {
      reportAnnotations(inner, writing)
      text += inner.text
      continue
    }
    const part = writePart(inner, writing)
    if (part === undefined) continue
    media.push(part)
    if (!writing.own) writing.losses.push({ path: inner.at ?? writing.at, why: 'sent behind the result, not in it' })
  }
  const inner = {
    ...nestedMembers(block.extra, 'functionResponse'),
    ...writeId(block),
    name,
    response: responseOf(block, text),
    ...(writing.own && media.length > 0 && { parts: media }),
  }
  const part = { ...ownMembers(block.extra, 'functionResponse'), functionResponse: inner }
  return { part, media: writing.own ? [] : media }
}

function responseOf({ error, extra }: ToolResultBlock, text: string): Members {
  const output = noteOf(extra, '$json') === true ? parsed(text) : text
  const key = noteOf(extra, '$key')
  if (key === '' && typeof output === 'object' && output !== null) return output as Members
  return { [error === true ? 'error' : 'output']: output }
}

/** The value that the text was written from; a plugin may have made it something else since. */
function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    return text
  }
}
