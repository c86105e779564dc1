import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import type { JsonObject } from '../../src/call/json.ts'
import { completionOf, saidByCompletion } from './chat-oracle.ts'
import { saidByMessage } from './messages-oracle.ts'
import { type DialectName, eventsOf } from './recordings.ts'
import { type Said, type Wire, wire, wires } from './said.ts'

/** What an official client made of an answer, and the bytes of both directions as they went over its socket. */
export interface Heard {
  readonly said: Said | undefined
  readonly error: ClientError | undefined
  readonly sent: string
  readonly received: string
  readonly headers: Headers
}

/** The client's own error class, and the vendor's or gateway's words in it. */
export interface ClientError {
  readonly class: string
  readonly status: number | undefined
  readonly message: string
}

interface Wiretap {
  sent: string
  received: string
  headers: Headers
  fetch(url: string | URL | Request, init?: RequestInit): Promise<Response>
}

/** Asks the gateway with the official client of the dialect. Errors of the client are an outcome, not thrown. */
export async function ask(dialect: DialectName, url: string, body: JsonObject, stream: boolean): Promise<Heard> {
  const tap = wiretap()
  const client = dialect === 'openai-chat' ? askChat : askMessages
  let said: Said | undefined
  let error: ClientError | undefined
  try {
    said = await client(url, body, stream, tap)
  } catch (thrown) {
    error = clientError(thrown)
  }
  return { said, error, sent: tap.sent, received: tap.received, headers: tap.headers }
}

function wiretap(): Wiretap {
  return {
    sent: '',
    received: '',
    headers: new Headers(),
    async fetch(url, init) {
      this.sent = String(init?.body)
      const response = await fetch(url, init)
      this.headers = response.headers
      const decoder = new TextDecoder()
      const listen = new TransformStream<Uint8Array, Uint8Array>({
        transform: (chunk, controller) => {
          this.received += decoder.decode(chunk, { stream: true })
          controller.enqueue(chunk)
        },
      })
      return new Response(response.body?.pipeThrough(listen) ?? null, response)
    },
  }
}

async function askChat(url: string, body: JsonObject, stream: boolean, tap: Wiretap): Promise<Said> {
  const client = new OpenAI({
    apiKey: 'caller',
    baseURL: `${url}/v1`,
    maxRetries: 0,
    fetch: (to, init) => tap.fetch(to, init),
  })
  if (!stream) {
    const completion = await client.chat.completions.create(
      body as unknown as OpenAI.ChatCompletionCreateParamsNonStreaming,
    )
    return saidByCompletion(wire(completion))
  }
  const chunks: Wire[] = []
  const params = body as unknown as OpenAI.ChatCompletionCreateParamsStreaming
  for await (const chunk of await client.chat.completions.create(params)) chunks.push(wire(chunk))
  return saidByCompletion(completionOf(chunks))
}

async function askMessages(url: string, body: JsonObject, stream: boolean, tap: Wiretap): Promise<Said> {
  const client = new Anthropic({
    apiKey: 'caller',
    baseURL: url,
    maxRetries: 0,
    // Without a limit of its own the client refuses calls without a stream that may take long.
    timeout: 20_000,
    fetch: (to, init) => tap.fetch(to, init),
  })
  if (!stream) {
    const message = await client.messages.create(body as unknown as Anthropic.MessageCreateParamsNonStreaming)
    return saidByMessage(wire(message))
  }
  const message = await client.messages.stream(body as unknown as Anthropic.MessageStreamParams).finalMessage()
  return saidByMessage(wire(message))
}

/** What the stream helper of OpenAI's client makes of the bytes that were received. Throws what the helper throws. */
export async function helperReading(received: string, body: JsonObject): Promise<Said> {
  const client = new OpenAI({
    apiKey: 'caller',
    baseURL: 'http://127.0.0.1',
    fetch: async () => new Response(received, { headers: { 'content-type': 'text/event-stream' } }),
  })
  const params = body as unknown as OpenAI.ChatCompletionCreateParamsStreaming
  return saidByCompletion(wire(await client.chat.completions.stream(params).finalChatCompletion()))
}

/** The helper joins strings and wants numbered calls: it cannot put together lists of parts (Mistral) or calls without an index. */
export function isForHelper(received: string): boolean {
  return eventsOf(received)
    .flatMap(chunk => wires(wire(chunk).choices))
    .map(choice => wire(choice.delta))
    .every(delta => !Array.isArray(delta.content) && wires(delta.tool_calls).every(call => 'index' in call))
}

function clientError(thrown: unknown): ClientError {
  if (!(thrown instanceof OpenAI.OpenAIError) && !(thrown instanceof Anthropic.AnthropicError)) throw thrown
  const status = 'status' in thrown && typeof thrown.status === 'number' ? thrown.status : undefined
  return { class: thrown.constructor.name, status, message: thrown.message }
}
