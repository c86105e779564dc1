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

/** Enough to tell an answer from a proxy's HTML page; the whole parse is left to who needs it. */
export function looksLikeJson(body: Buffer): boolean {
  for (let at = 0; at < body.length; at += 1) {
    const byte = body[at]
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return byte === 0x7b
  }
  return false
}
