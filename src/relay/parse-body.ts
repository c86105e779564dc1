import type { JsonObject } from '../call/json.ts'
import { MalformedJson } from '../errors.ts'

/** A request body as an object. Throws MalformedJson for what the scanner lets pass: broken escapes inside of strings. */
export function parseBody(body: Buffer): JsonObject {
  try {
    return JSON.parse(body.toString('utf8')) as JsonObject
  } catch {
    throw MalformedJson({}, 'a string in it is broken')
  }
}
