import type { Json, JsonObject } from '../call/json.ts'

/** The `error` object of a vendor's error body, empty where there is none. */
export function errorObject(body: Json | undefined): JsonObject {
  return asObject(asObject(body).error)
}

function asObject(value: Json | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {}
}
