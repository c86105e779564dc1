import type { Operation } from '../call/call.ts'
import type { Kind } from '../call/fault.ts'
import type { Json, JsonObject } from '../call/json.ts'
import type { ReasoningRules } from '../call/reasoning-origin.ts'
import type { ToolLimits } from '../call/tool-words.ts'
import type { Codec } from '../dialects/codec.ts'

/** A door of a vendor: what it speaks there, and the path below the base URL (`/chat/completions`), with a query where it needs one. */
export interface Endpoint {
  /** A name in the dialect registry. */
  readonly dialect: string
  /** `model` has been checked to be safe path segments. */
  path(model: string, stream: boolean): string
  /** Where bodies repeat the model of the path: the body with this one; returns its input where there is nothing to change. */
  nameModel?(body: JsonObject, model: string): JsonObject
  /** Of a plain operation that the vendor has in a form of its own. Throws InvalidRequest for a model that has none of it. */
  codec?(model: string): Codec
}

export interface OutgoingRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | undefined
}

/** Someone who speaks a dialect: an address, a way to show the key, and its quirks. */
export interface Provider {
  readonly name: string
  /** Origin and path prefix, no trailing slash: `https://api.openai.com/v1`. */
  readonly baseUrl: string
  readonly endpoints: Partial<Record<Operation, Endpoint>>
  /** Where it counts the tokens of a call without answering it; absent where it does not. */
  readonly countTokens?: Endpoint
  /** What to add to `healthCheck` for the whole list of its models, where that comes in pages. */
  readonly modelListQuery?: string
  /** The headers that prove who calls; may be async for clouds that sign. */
  authorize(request: OutgoingRequest, key: string | undefined): Record<string, string> | Promise<Record<string, string>>
  /** Models that it has for certain, where that is known without asking it. */
  readonly models?: readonly string[]
  /** Client headers that this vendor understands and that may be passed on (`anthropic-beta`). Lower case. */
  readonly forwardHeaders: readonly string[]
  /** Headers that every call carries (`anthropic-version`) unless the client sent its own. */
  readonly headers?: Readonly<Record<string, string>>
  /** Whether streams report usage unasked, only when asked by the request (`stream_options.include_usage`), or not at all. */
  readonly streamUsage: 'always' | 'on-request' | 'never'
  /** What it takes for ids and names of tools, where it is known to refuse others; its dialect's own limits unless set. */
  readonly toolLimits?: ToolLimits
  /** The least limit of output, in tokens, that all of its models take; 1 unless set. */
  readonly leastOutput?: number
  /** What reasoning of earlier turns a model of that name takes back; unset where that is not known. */
  reasoningOf?(model: string): ReasoningRules
  /** Vendor quirks, on the wire body; returns its input where there is nothing to change, so that the call stays on the pass lane. */
  adjust?(body: JsonObject): JsonObject
  /** When the status code lies (a 400 that says the credit is used up): what it really is. */
  classify?(status: number, body: Json | undefined): Kind | undefined
  /** How long an error asks to wait, ms, where the vendor says it in the body and not in `retry-after`. */
  retryAfter?(body: Json | undefined): number | undefined
  /** The cheapest call that proves that the vendor answers; a GET, so that it never costs tokens. One that does is asked for in the config. */
  healthCheck(): { method: 'GET'; path: string }
}
