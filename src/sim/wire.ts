import type { JsonObject } from '../call/json.ts'
import type { Prompt } from './prompt.ts'
import type { Reply } from './reply.ts'

/** What tells one answer from another. */
export interface Identity {
  /** Hexadecimal, the same for the same request. */
  readonly id: string
  /** Seconds since 1970. */
  readonly created: number
}

/** A failure to be written in a dialect. */
export interface Trouble {
  readonly status: number
  readonly message: string
  readonly param?: string | undefined
}

/** How the simulator speaks one dialect; apart from src/dialects, so that a mistake there meets something that disagrees. */
export interface Wire {
  /** The header in which the vendor names its requests. */
  readonly requestIdHeader: string
  /** Throws Refusal. */
  readPrompt(body: JsonObject): Prompt
  whole(reply: Reply, prompt: Prompt, identity: Identity): JsonObject
  /** The events of a stream as they stand on the wire. */
  frames(reply: Reply, prompt: Prompt, identity: Identity): string[]
  error(trouble: Trouble): JsonObject
  models(names: readonly string[], created: number): JsonObject
}

/** Pieces of an argument text, as they would come out of a model; never half a character. */
export function argumentPieces(text: string): string[] {
  return text.match(/.{1,12}/gsu) ?? []
}
