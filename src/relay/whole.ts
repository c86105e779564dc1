import { isAscii } from 'node:buffer'
import type { Json } from '../call/json.ts'
import type { Result } from '../call/result.ts'
import type { Dialect, Report } from '../dialects/dialect.ts'
import { findMembers, type Member, watch } from './json-members.ts'

const ERROR = watch('error')
const QUOTE = 0x22
const BRACE = 0x7b

/** Reads a whole answer as the given dialect's. Throws when it is none. */
export function readWhole(body: Buffer, dialect: Dialect): Result {
  return dialect.readResponse(JSON.parse(body.toString('utf8')) as Json)
}

/** Reads the usage and the finish of a whole answer alone. Throws when it is no answer of the dialect. */
export function readReport(body: Buffer | string, dialect: Dialect): Report {
  return dialect.readReport(JSON.parse(body.toString()) as Json)
}

/** The same bytes as text where that is safe: Node joins text with the head of the answer in one write, bytes take a second buffer. */
export function singleWrite(body: Buffer): Buffer | string {
  return isAscii(body) ? body.toString('latin1') : body
}

/** Enough to tell an answer from a proxy's HTML page or from half an answer; the whole parse is left to who needs it. */
export function looksLikeJson(body: Buffer): boolean {
  let first = 0
  let last = body.length - 1
  while (isSpace(body[first])) first += 1
  while (isSpace(body[last])) last -= 1
  return first < last && body[first] === 0x7b && body[last] === 0x7d
}

/**
 * Whether a body is an error in the guise of an answer: an `error` at its root that is a text or an object. Most answers are
 * told by one native search: a quote inside of a JSON string is escaped, so only names and whole texts are found by it.
 */
export function holdsError(body: Buffer): boolean {
  if (!body.includes('"error"')) return false
  const member = errorOf(body)
  if (member === undefined) return false
  const first = body[member.start]
  return first === BRACE || (first === QUOTE && member.end - member.start > 2)
}

/** None in a body that is no JSON: that is for others to find. */
function errorOf(body: Buffer): Member | undefined {
  try {
    return findMembers(body, ERROR).get('error')
  } catch {
    return undefined
  }
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}
