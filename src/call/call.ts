import type { Annotated, Block, Extra } from './block.ts'
import type { Json } from './json.ts'
import type { Loss } from './loss.ts'

/** What a vendor can be called for; a provider has an endpoint for each that it supports. */
export type Operation = 'chat' | 'responses' | 'completions' | PlainOperation | GoogleOperation

/** Operations that only Google's API has in this form: passed on to vendors that accept them unchanged. */
type GoogleOperation = 'google-count-tokens' | 'google-embed' | 'google-embed-batch'

/** Operations without a hub: passed on to vendors that accept them unchanged, or translated by a codec. */
export type PlainOperation =
  | 'embeddings'
  | 'moderations'
  | 'rerank'
  | 'image-generation'
  | 'image-edit'
  | 'image-variation'
  | 'speech'
  | 'transcription'
  | 'translation'

export type Role = 'system' | 'user' | 'assistant' | 'tool'

/** One message. A dialect without a `tool` role puts tool results into `user` turns, and the other way round. */
export interface Turn extends Annotated {
  readonly role: Role
  readonly blocks: readonly Block[]
  /** The content was a plain string on the wire, not a list of blocks. */
  readonly plain?: boolean
  readonly name?: string
}

/** A function that the model may call. Built-in tools of a vendor are opaque: `opaque` holds them whole. */
export interface Tool extends Annotated {
  readonly name: string
  readonly description?: string
  /** JSON Schema of the argument object. */
  readonly parameters?: Json
  readonly strict?: boolean
  readonly opaque?: { readonly dialect: string; readonly value: Json }
}

export type ToolChoice =
  | { readonly type: 'auto' }
  | { readonly type: 'none' }
  | { readonly type: 'required' }
  | { readonly type: 'tool'; readonly name: string }

export type OutputFormat =
  | { readonly type: 'text' }
  | { readonly type: 'json' }
  | {
      readonly type: 'json-schema'
      readonly schema: Json
      readonly name?: string
      readonly description?: string
      readonly strict?: boolean
    }

/** How hard the model should think. `budget` in tokens, `effort` in the vendors' words, `enabled: false` to forbid it. */
export interface ReasoningWish {
  readonly enabled?: boolean
  readonly adaptive?: boolean
  readonly effort?: string
  readonly budget?: number
}

/** A request in the neutral form that every dialect can read to and write from. Deeply read-only. */
export interface Call {
  readonly operation: Operation
  /** The dialect it was read from. */
  readonly dialect: string
  readonly model: string
  readonly stream: boolean
  readonly turns: readonly Turn[]
  readonly tools?: readonly Tool[]
  readonly toolChoice?: ToolChoice
  readonly parallelTools?: boolean
  readonly maxTokens?: number
  readonly temperature?: number
  readonly topP?: number
  readonly topK?: number
  readonly stop?: readonly string[]
  readonly seed?: number
  readonly frequencyPenalty?: number
  readonly presencePenalty?: number
  /** How many answers; absent means one. */
  readonly choices?: number
  readonly logprobs?: { readonly enabled?: boolean; readonly top?: number }
  readonly format?: OutputFormat
  readonly reasoning?: ReasoningWish
  /** The end user, for the vendor's abuse checks. */
  readonly user?: string
  readonly serviceTier?: string
  /** A stream should end with a usage report (OpenAI's `stream_options.include_usage`); Anthropic's always do. */
  readonly includeUsage?: boolean
  /** What the gateway knows of the target model, where a writer has to choose; no reader sets it. */
  readonly target?: TargetModel
  /** Members that only its own dialect has and without which it would be another call: elsewhere it is refused, not reduced. */
  readonly indispensable?: readonly Loss[]
  /** Members that refer to something only the requested model has, such as a cache of its vendor. */
  readonly ofOneModel?: readonly string[]
  readonly extra?: Extra
}

interface TargetModel {
  /** For dialects that insist on a limit of output tokens. */
  readonly defaultMaxTokens?: number
  /** The model refuses a thinking budget, and takes an effort instead. */
  readonly adaptiveThinking?: boolean
}
