import OpenAI from 'openai'
import type { JsonObject } from '../../src/call/json.ts'
import { completionOf, saidByCompletion } from './chat-oracle.ts'
import type { Question } from './clients.ts'
import { eventsOf } from './recordings.ts'
import { type Said, type Wire, wire, wires } from './said.ts'
import type { Wiretap } from './wiretap.ts'

export async function askChat({ url, model, body, stream }: Question, { fetch }: Wiretap): Promise<Said> {
  const client = new OpenAI({ apiKey: 'caller', baseURL: `${url}/v1`, maxRetries: 0, fetch })
  const params = { ...body, model } as unknown
  if (!stream) {
    const completion = await client.chat.completions.create(params as OpenAI.ChatCompletionCreateParamsNonStreaming)
    return saidByCompletion(wire(completion))
  }
  const chunks: Wire[] = []
  const events = await client.chat.completions.create(params as OpenAI.ChatCompletionCreateParamsStreaming)
  for await (const chunk of events) chunks.push(wire(chunk))
  return saidByCompletion(completionOf(chunks))
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
  return eventsOf(received, 'openai-chat')
    .flatMap(chunk => wires(wire(chunk).choices))
    .map(choice => wire(choice.delta))
    .every(delta => !Array.isArray(delta.content) && wires(delta.tool_calls).every(call => 'index' in call))
}
