import Anthropic from '@anthropic-ai/sdk'
import type { Question } from './clients.ts'
import { saidByMessage } from './messages-oracle.ts'
import { type Said, wire } from './said.ts'
import type { Wiretap } from './wiretap.ts'

export async function askMessages({ url, model, body, stream }: Question, { fetch }: Wiretap): Promise<Said> {
  // Without a limit of its own the client refuses calls without a stream that may take long.
  const client = new Anthropic({ apiKey: 'caller', baseURL: url, maxRetries: 0, timeout: 60_000, fetch })
  const params = { ...body, model } as unknown
  const message = stream
    ? client.messages.stream(params as Anthropic.MessageStreamParams).finalMessage()
    : client.messages.create(params as Anthropic.MessageCreateParamsNonStreaming)
  return saidByMessage(wire(await message))
}
