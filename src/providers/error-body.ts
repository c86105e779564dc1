import { isObject, type Json, type JsonObject } from '../call/json.ts'

/** The `error` object of a vendor's error body; empty if there is none. */
export function errorObject(body: Json | undefined): JsonObject {
  return asObject(asObject(body).error)
}

function asObject(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {}
}
