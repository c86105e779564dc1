import type { Json } from '../call/json.ts'
import type { Result } from '../call/result.ts'
import type { Dialect } from '../dialects/dialect.ts'

/** Reads a whole answer as the given dialect's. Throws when it is none. */
export function readWhole(body: Buffer, dialect: Dialect): Result {
  return dialect.readResponse(JSON.parse(body.toString('utf8')) as Json)
}
