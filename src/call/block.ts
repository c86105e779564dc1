import type { Json } from './json.ts'

/** Members of a wire format that the hub has no word for, kept under the name of the dialect that brought them. */
export type Extra = Readonly<Record<string, Readonly<Record<string, Json>>>>

/** Whose models sign or seal their reasoning; each takes back its own only, wherever it is hosted. */
export type Signer = 'claude' | 'gemini' | 'openai'

/** What any dialect may attach to a block, a turn or a tool. */
export interface Annotated {
  /** Where the thing stood in the request that was read (`messages.2.content.0`): losses name it. */
  readonly at?: string
  /** A prompt-cache mark, as Anthropic's `cache_control`; `ttl` verbatim. */
  readonly cache?: CacheMark
  readonly extra?: Extra
}

export interface CacheMark {
  readonly ttl?: string
}

/** The bytes of an image, a file or a sound: by address, in line, or by the vendor's id of an upload. */
export type Source =
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'base64'; readonly mediaType: string; readonly data: string }
  | { readonly kind: 'text'; readonly mediaType: string; readonly text: string }
  | { readonly kind: 'id'; readonly id: string }

export interface TextBlock extends Annotated {
  readonly type: 'text'
  readonly text: string
  /** The model declined; OpenAI has a member of its own for such text. */
  readonly refusal?: boolean
}

export interface ImageBlock extends Annotated {
  readonly type: 'image'
  readonly source: Source
  readonly detail?: string
}

export interface FileBlock extends Annotated {
  readonly type: 'file'
  readonly source: Source
  readonly name?: string
}

export interface AudioBlock extends Annotated {
  readonly type: 'audio'
  readonly source: Source
}

export interface ToolCallBlock extends Annotated {
  readonly type: 'tool-call'
  readonly id: string
  readonly name: string
  /** The argument object as the JSON text that was on the wire; `{}` for a call without arguments, never empty. */
  readonly arguments: string
}

export interface ToolResultBlock extends Annotated {
  readonly type: 'tool-result'
  readonly id: string
  readonly content: readonly Block[]
  readonly error?: boolean
  /** The content was a plain string on the wire. */
  readonly plain?: boolean
}

export interface ReasoningBlock extends Annotated {
  readonly type: 'reasoning'
  readonly text: string
  /** The vendor's proof of its own reasoning, verbatim; only the vendor that made it accepts it back. */
  readonly signature?: string
  /** Whose proof it is, where the wire says so. */
  readonly maker?: Signer
  /** Encrypted reasoning (Anthropic's `redacted_thinking.data`), verbatim; `text` is then empty. */
  readonly redacted?: string
}

/** A block that only its own dialect understands: carried whole, or reported as a loss. */
export interface OpaqueBlock extends Annotated {
  readonly type: 'opaque'
  readonly dialect: string
  readonly value: Json
}

export type Block =
  | TextBlock
  | ImageBlock
  | FileBlock
  | AudioBlock
  | ToolCallBlock
  | ToolResultBlock
  | ReasoningBlock
  | OpaqueBlock
