import type { JsonObject } from '../call/json.ts'
import type { Loss } from '../call/loss.ts'

/**
 * A vendor's own form of a plain operation, for clients that speak OpenAI's: the request on its way there, the answer on its
 * way back. Pure, as dialects are.
 */
export interface Codec {
  /** `asked` is the client's body, its `model` the vendor's name. Throws InvalidRequest for what the vendor cannot be asked. */
  writeRequest(asked: JsonObject): { body: JsonObject; losses: Loss[] }
  /** `headers` in lower case: some vendors count tokens there. Throws when the body is no answer of the vendor. */
  readResponse(answer: JsonObject, headers: CodecHeaders, asked: JsonObject): JsonObject
}

export type CodecHeaders = Readonly<Record<string, string | string[] | undefined>>
