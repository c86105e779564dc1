import type { Operation } from '../call/call.ts'
import type { Kind } from '../call/fault.ts'
import type { Json, JsonObject } from '../call/json.ts'
import type { ReasoningRules } from '../call/reasoning-origin.ts'
import type { ToolLimits } from '../call/tool-words.ts'
import type { Codec } from '../dialects/codec.ts'

/** An endpoint of a vendor: its dialect, and its path below the base URL (`/chat/completions`), with a query where it needs one. */
export interface Endpoint {
  /** A name in the dialect registry. */
  readonly dialect: string
  /** `model` has been checked to be safe path segments. */
  path(model: string, stream: boolean): string
  /** Sets the model in a body that repeats the one in the path; returns its input where there is nothing to change. */
  nameModel?(body: JsonObject, model: string): JsonObject
  /** Translates a plain operation that the vendor has in its own format. Throws InvalidRequest for a model without that operation. */
  codec?(model: string): Codec
}

export interface OutgoingRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | undefined
}

/** A vendor that speaks one or more dialects: its address, its authentication and its quirks. */
export interface Provider {
  readonly name: string
  /** Origin and path prefix, no trailing slash: `https://api.openai.com/v1`. */
  readonly baseUrl: string
  readonly endpoints: Partial<Record<Operation, Endpoint>>
  /** The endpoint that counts the tokens of a call without answering it, if there is one. */
  readonly countTokens?: Endpoint
  /** The query that makes `healthCheck` return all models on one page, where the list is paged. */
  readonly modelListQuery?: string
  /** The headers that authenticate a request; async for clouds that sign or fetch a token. */
  authorize(request: OutgoingRequest, key: string | undefined): Record<string, string> | Promise<Record<string, string>>
  /** Models that it is known to have without asking it. */
  readonly models?: readonly string[]
  /** Client headers that may be passed on to this vendor (`anthropic-beta`), in lower case. */
  readonly forwardHeaders: readonly string[]
  /** Headers sent with every call (`anthropic-version`) unless the client sent its own. */
  readonly headers?: Readonly<Record<string, string>>
  /** Whether streams report usage always, only when the request asks for it (`stream_options.include_usage`), or never. */
  readonly streamUsage: 'always' | 'on-request' | 'never'
  /** Which ids and names of tools it accepts, where it is known to refuse others; its dialect's limits unless set. */
  readonly toolLimits?: ToolLimits
  /** The smallest limit of output tokens that all of its models accept; 1 unless set. */
  readonly leastOutput?: number
  /** Which reasoning of earlier turns a model of that name accepts; unset where that is not known. */
  reasoningOf?(model: string): ReasoningRules
  /** Applies vendor quirks to the wire body; returns its input where there is nothing to change, so that the call stays on the pass lane. */
  adjust?(body: JsonObject): JsonObject
  /** The true kind of an error whose status is misleading (a 400 that says the credit is used up). */
  classify?(status: number, body: Json | undefined): Kind | undefined
  /** How long an error asks to wait, in ms, for vendors that say it in the body and not in `retry-after`. */
  retryAfter?(body: Json | undefined): number | undefined
  /** The cheapest call that proves that the vendor answers; a GET, so that it costs no tokens. */
  healthCheck(): { method: 'GET'; path: string }
}
