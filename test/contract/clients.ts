import type { JsonObject } from '../../src/call/json.ts'
import { askChat } from './chat-client.ts'
import { askConverse } from './converse-client.ts'
import { askGemini } from './gemini-client.ts'
import { askMessages } from './messages-client.ts'
import type { DialectName } from './recordings.ts'
import { askResponses } from './responses-client.ts'
import type { Said } from './said.ts'
import { Wiretap } from './wiretap.ts'

/** What a client is told to ask. */
export interface Question {
  /** The gateway's address. */
  readonly url: string
  readonly model: string
  /** The request as it is on the wire of the client's dialect, but for the model where that stands in the path. */
  readonly body: JsonObject
  readonly stream: boolean
}

/** What an official client made of an answer, and the bytes of both directions as they went over its socket. */
export interface Heard<Answer = Said> {
  readonly said: Answer | undefined
  readonly error: ClientError | undefined
  readonly sent: string
  readonly received: Buffer
  readonly headers: Headers
}

/** The client's own error class, and the vendor's or gateway's words in it. */
interface ClientError {
  readonly class: string
  readonly status: number | undefined
  readonly message: string
}

/** Each asks with the official client of its dialect, without retries, and throws what the client throws. */
const CLIENTS: Readonly<Record<DialectName, (question: Question, tap: Wiretap) => Promise<Said>>> = {
  'openai-chat': askChat,
  'openai-responses': askResponses,
  anthropic: askMessages,
  gemini: askGemini,
  bedrock: askConverse,
}

/** Asks the gateway with the official client of the dialect. */
export function ask(dialect: DialectName, question: Question): Promise<Heard> {
  return listen(tap => CLIENTS[dialect](question, tap))
}

/** What comes of a call of a client that is tapped. Errors of the client are an outcome, not thrown. */
export async function listen<Answer>(call: (tap: Wiretap) => Promise<Answer>): Promise<Heard<Answer>> {
  const tap = new Wiretap()
  let said: Answer | undefined
  let error: ClientError | undefined
  try {
    said = await call(tap)
  } catch (thrown) {
    error = clientError(thrown)
  }
  return { said, error, sent: tap.sent, received: tap.received, headers: tap.headers }
}

/** A mistake of the test's own is thrown again: every client has a class for what it was answered. */
function clientError(thrown: unknown): ClientError {
  if (!(thrown instanceof Error) || thrown instanceof TypeError || thrown.name === 'AssertionError') throw thrown
  const { status, $metadata } = thrown as { status?: unknown; $metadata?: { httpStatusCode?: number } }
  const told = typeof status === 'number' ? status : $metadata?.httpStatusCode
  return { class: thrown.constructor.name, status: told, message: thrown.message }
}
