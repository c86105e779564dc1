import type { Json } from '../call/json.ts'
import type { Result } from '../call/result.ts'
import type { Dialect, Report } from '../dialects/dialect.ts'

/** Reads a whole answer as the given dialect's. Throws when it is none. */
export function readWhole(body: Buffer, dialect: Dialect): Result {
  return dialect.readResponse(JSON.parse(body.toString('utf8')) as Json)
}

/** Usage and end of an answer that is passed on as bytes. Throws when it is no answer of the dialect. */
export function readReport(body: Buffer, dialect: Dialect): Report {
  return dialect.readReport(JSON.parse(body.toString('utf8')) as Json)
}

/** Enough to tell an answer from a proxy's HTML page; the whole parse is left to who needs it. */
export function looksLikeJson(body: Buffer): boolean {
  for (const byte of body) {
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return byte === 0x7b
  }
  return false
}
