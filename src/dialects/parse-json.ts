import type { Json } from '../call/json.ts'

/** The JSON value that a text says; `otherwise`, undefined unless given, when it is not JSON. */
export function parseJson(text: string): Json | undefined
export function parseJson(text: string, otherwise: Json): Json
export function parseJson(text: string, otherwise?: Json): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return otherwise
  }
}
