import type { JsonObject } from '../call/json.ts'
import type { Loss } from '../call/loss.ts'

/**
 * Translates a plain operation between OpenAI's format, which clients speak, and a vendor's own. Pure, as dialects are.
 */
export interface Codec {
  /** `asked` is the client's body, with the vendor's name in `model`. Throws InvalidRequest for what the vendor cannot do. */
  writeRequest(asked: JsonObject): { body: JsonObject; losses: Loss[] }
  /** `headers`, in lower case, in which some vendors report tokens. Throws when the body is not an answer of the vendor. */
  readResponse(answer: JsonObject, headers: CodecHeaders, asked: JsonObject): JsonObject
}

export type CodecHeaders = Readonly<Record<string, string | string[] | undefined>>
