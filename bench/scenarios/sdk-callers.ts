import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { type Caller, Failure, failureOf } from './caller.ts'
import { textOf } from './schedule.ts'

const MAX_TOKENS = 256

/** The official client of OpenAI with its default retries. */
export function createOpenAiCaller(origin: string): Caller {
  const client = new OpenAI({ apiKey: 'none', baseURL: `${origin}/v1` })
  return async (call, signal, onContent) => {
    const request = {
      model: 'gpt',
      messages: [{ role: 'user' as const, content: textOf(call) }],
      max_tokens: MAX_TOKENS,
    }
    if (!call.stream) {
      const answer = await explain(client.chat.completions.create(request, { signal }))
      if (!answer.choices[0]?.message.content) throw new Failure('broken')
      return
    }
    let finished = false
    for await (const chunk of await explain(client.chat.completions.create({ ...request, stream: true }, { signal }))) {
      const [choice] = chunk.choices
      if (choice?.delta.content) onContent(choice.delta.content)
      if (choice?.finish_reason) finished = true
    }
    if (!finished) throw new Failure('broken')
  }
}

/** The official client of Anthropic with its default retries. */
export function createAnthropicCaller(origin: string): Caller {
  const client = new Anthropic({ apiKey: 'none', baseURL: origin })
  return async (call, signal, onContent) => {
    const request = {
      model: 'claude',
      messages: [{ role: 'user' as const, content: textOf(call) }],
      max_tokens: MAX_TOKENS,
    }
    if (!call.stream) {
      const answer = await explain(client.messages.create(request, { signal }))
      if (answer.content.length === 0) throw new Failure('broken')
      return
    }
    let finished = false
    for await (const event of await explain(client.messages.create({ ...request, stream: true }, { signal }))) {
      if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') onContent(event.delta.text)
      if (event.type === 'message_stop') finished = true
    }
    if (!finished) throw new Failure('broken')
  }
}

/** Turns what a client throws after its last retry into the failure that it is. */
async function explain<T>(answer: PromiseLike<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (!(error instanceof OpenAI.APIError || error instanceof Anthropic.APIError)) throw error
    throw error.status === undefined
      ? new Failure('network')
      : failureOf(error.status, error.headers?.get('retry-after'))
  }
}
