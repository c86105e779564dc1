import OpenAI from 'openai'
import type { Question } from './clients.ts'
import { responseOf, saidByResponse } from './responses-oracle.ts'
import { type Said, type Wire, wire } from './said.ts'
import type { Wiretap } from './wiretap.ts'

/** The stream is read twice: event by event, and by the client's own helper, which has to come to the same. */
export async function askResponses({ url, model, body, stream }: Question, { fetch }: Wiretap): Promise<Said> {
  const client = new OpenAI({ apiKey: 'caller', baseURL: `${url}/v1`, maxRetries: 0, fetch })
  const params = { ...body, model } as unknown
  if (!stream) {
    const response = await client.responses.create(params as OpenAI.Responses.ResponseCreateParamsNonStreaming)
    return saidByResponse(wire(response))
  }
  const events: Wire[] = []
  for await (const event of await client.responses.create(params as OpenAI.Responses.ResponseCreateParamsStreaming)) {
    events.push(wire(event))
    if (event.type === 'response.failed') throw new OpenAI.OpenAIError(event.response.error?.message)
    if (event.type === 'error') throw new OpenAI.OpenAIError(event.message)
  }
  return saidByResponse(responseOf(events))
}
