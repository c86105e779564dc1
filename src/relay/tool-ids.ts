import type { WordLimit } from '../call/tool-words.ts'

/** The member that holds the id in each dialect's tool results. Inside a string its quotes would be escaped. */
const RESULT_IDS: Readonly<Record<string, string>> = {
  'openai-chat': '"tool_call_id"',
  anthropic: '"tool_use_id"',
}

const QUOTE = 0x22
const COLON = 0x3a

/**
 * Whether a JSON body of this dialect holds tool results whose ids a vendor does not accept. One native search where there are none,
 * else a check of each id.
 */
export function holdsForeignIds(body: Buffer, dialect: string, limit: WordLimit): boolean {
  const member = RESULT_IDS[dialect]
  if (member === undefined) return false
  for (let at = body.indexOf(member); at !== -1; at = body.indexOf(member, at + member.length)) {
    const id = stringAfter(body, at + member.length)
    if (id !== undefined && !limit.fits.test(id)) return true
  }
  return false
}

/** The string behind a member's name, its escapes as they are; undefined where there is none. */
function stringAfter(body: Buffer, end: number): string | undefined {
  const colon = skipSpace(body, end)
  if (body[colon] !== COLON) return undefined
  const open = skipSpace(body, colon + 1)
  if (body[open] !== QUOTE) return undefined
  const close = body.indexOf(QUOTE, open + 1)
  return close === -1 ? undefined : body.toString('latin1', open + 1, close)
}

function skipSpace(body: Buffer, from: number): number {
  let at = from
  while (body[at] === 0x20 || body[at] === 0x0a || body[at] === 0x0d || body[at] === 0x09) at += 1
  return at
}
