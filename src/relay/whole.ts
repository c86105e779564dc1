import { isAscii } from 'node:buffer'
import type { Json } from '../call/json.ts'
import type { Result } from '../call/result.ts'
import type { Dialect, Report } from '../dialects/dialect.ts'

/** Reads a whole answer as the given dialect's. Throws when it is none. */
export function readWhole(body: Buffer, dialect: Dialect): Result {
  return dialect.readResponse(JSON.parse(body.toString('utf8')) as Json)
}

/** An answer that is passed on as bytes, to be read for its usage and end later. */
export class UnreadAnswer {
  readonly #body: Buffer
  readonly #dialect: Dialect

  constructor(body: Buffer, dialect: Dialect) {
    this.#body = body
    this.#dialect = dialect
  }

  /** Throws when it is no answer of the dialect. */
  report(): Report {
    return this.#dialect.readReport(JSON.parse(this.#body.toString('utf8')) as Json)
  }
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

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}
