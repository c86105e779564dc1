import { isAscii } from 'node:buffer'
import type { Json } from '../call/json.ts'
import type { Result } from '../call/result.ts'
import type { Dialect, Report } from '../dialects/dialect.ts'
import { findMembers, type Member, watch } from './json-members.ts'

const ERROR = watch('error')
const QUOTE = 0x22
const BRACE = 0x7b
const MARK = '\uFEFF'
const MARK_BYTES = Buffer.from(MARK)

/** A vendor's JSON, also behind a byte order mark, which a parser may ignore (RFC 8259, 8.1). Throws when it is none. */
export function parseAnswer(body: Buffer | string): Json {
  const text = body.toString()
  return JSON.parse(text.startsWith(MARK) ? text.slice(MARK.length) : text) as Json
}

function withoutMark(body: Buffer): Buffer {
  const { length } = MARK_BYTES
  return body.subarray(0, length).equals(MARK_BYTES) ? body.subarray(length) : body
}

/** Reads a whole answer as the given dialect's. Throws when it is none. */
export function readWhole(body: Buffer, dialect: Dialect): Result {
  return withTrueUsage(dialect.readResponse(parseAnswer(body)))
}

/** Drops usage that cannot be true: the call then counts as it was estimated before. */
function withTrueUsage<T extends Result | Report>(read: T): T {
  if (read.usage?.estimated !== true) return read
  const { usage, ...rest } = read
  return rest as T
}

/** Reads the usage and the finish of a whole answer alone. Throws when it is no answer of the dialect. */
export function readReport(body: Buffer | string, dialect: Dialect): Report {
  return withTrueUsage(dialect.readReport(parseAnswer(body)))
}

/** The same bytes, as text if they are ASCII: Node writes text and the head in one buffer, bytes in a second one. */
export function singleWrite(body: Buffer): Buffer | string {
  return isAscii(body) ? body.toString('latin1') : body
}

/** A cheap check that tells an answer from a proxy's HTML page or a truncated answer. */
export function looksLikeJson(answer: Buffer): boolean {
  const body = withoutMark(answer)
  let first = 0
  let last = body.length - 1
  while (isSpace(body[first])) first += 1
  while (isSpace(body[last])) last -= 1
  return first < last && body[first] === 0x7b && body[last] === 0x7d
}

/**
 * Whether a body is an error disguised as an answer: an `error` at its root that is a string or an object. One native search decides
 * for most answers: quotes inside a JSON string are escaped, so it only finds names and whole strings.
 */
export function holdsError(answer: Buffer): boolean {
  if (!answer.includes('"error"')) return false
  const body = withoutMark(answer)
  const member = errorOf(body)
  if (member === undefined) return false
  const first = body[member.start]
  return first === BRACE || (first === QUOTE && member.end - member.start > 2)
}

/** Undefined in a body that is not JSON: that is checked elsewhere. */
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
