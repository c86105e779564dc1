import { Agent } from 'undici'
import { type Caller, Failure, failureOf } from './caller.ts'
import { type PlannedCall, textOf } from './schedule.ts'

interface Completion {
  readonly choices?: readonly { readonly message?: { content?: string }; readonly delta?: { content?: string } }[]
}

/** As many connections as it takes, and no time limit but the caller's own. */
const agent = new Agent({ headersTimeout: 0, bodyTimeout: 0 })

/** A client of Chat Completions that is nothing but HTTP: one attempt, no retries. */
export function createHttpCaller(origin: string, model: string): Caller {
  return async (call, signal, onContent) => {
    const { statusCode, headers, body } = await agent.request({
      origin,
      path: '/v1/chat/completions',
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: bodyOf(call, model),
      signal,
    })
    if (statusCode !== 200) {
      await body.dump()
      throw failureOf(statusCode, headers['retry-after']?.toString())
    }
    if (call.stream) await readStream(body.setEncoding('utf8'), onContent)
    else if (!wholeText(await body.text())) throw new Failure('broken')
  }
}

function bodyOf(call: PlannedCall, model: string): string {
  const messages = [{ role: 'user', content: textOf(call) }]
  return JSON.stringify({ model, messages, max_tokens: 256, ...(call.stream && { stream: true }) })
}

async function readStream(body: AsyncIterable<string>, onContent: (piece: string) => void): Promise<void> {
  let rest = ''
  let ended = false
  for await (const chunk of body) {
    const events = (rest + chunk).split('\n\n')
    rest = events.pop() ?? ''
    for (const event of events) {
      const piece = contentOf(event)
      if (piece === '[DONE]') ended = true
      else if (piece !== '') onContent(piece)
    }
  }
  if (!ended) throw new Failure('broken')
}

/** The text in an event of a stream, or `[DONE]`. */
function contentOf(event: string): string {
  const data = event.startsWith('data: ') ? event.slice('data: '.length) : ''
  if (data === '' || data === '[DONE]') return data
  return (JSON.parse(data) as Completion).choices?.[0]?.delta?.content ?? ''
}

function wholeText(text: string): string {
  return (JSON.parse(text) as Completion).choices?.[0]?.message?.content ?? ''
}
