import { CALLER_KEY } from './gateway.ts'

/** What is asked of an arm, again and again. */
export interface Call {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Words of an answer, and so content events of a stream. */
export const EVENTS = 50
/** Bytes of a request body, about. */
const BODY_BYTES = 1024
/** Words that the simulator says of its own before it repeats the user's. */
const OWN_WORDS = 11

const USER_TEXT = Array.from({ length: EVENTS - OWN_WORDS }, (_, index) => `measurement-${index + 10}`).join(' ')

/** A chat completion of about `bytes`, answered by about 1 KB. */
export function callTo(origin: string, model: string, stream: boolean, bytes = BODY_BYTES): Call {
  const bare = body(model, stream, '')
  const rule = 'Answer in plain words, briefly, and only what was asked. '
  const padding = rule.repeat(Math.ceil(bytes / rule.length))
  return {
    url: `${origin}/v1/chat/completions`,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${CALLER_KEY}` },
    body: body(model, stream, padding.slice(0, bytes - bare.length)),
  }
}

function body(model: string, stream: boolean, instructions: string): string {
  return JSON.stringify({
    model,
    messages: [
      { role: 'system', content: instructions },
      { role: 'user', content: USER_TEXT },
    ],
    temperature: 0.7,
    max_tokens: 1024,
    ...(stream && { stream }),
  })
}

/** Makes the call once and reads the answer to its end. Throws when it is not the whole answer that was asked for. */
export async function verify(name: string, { url, headers, body }: Call, stream: boolean): Promise<void> {
  const response = await fetch(url, { method: 'POST', headers, body })
  const text = await response.text()
  if (response.status !== 200) throw new Error(`${name} answered ${response.status}: ${text.slice(0, 500)}`)
  const pieces = stream ? streamedPieces(text) : [wholeText(text)]
  if (!pieces.join('').includes(USER_TEXT)) throw new Error(`${name} did not give the whole answer`)
  if (stream && pieces.length !== EVENTS) throw new Error(`${name} streamed ${pieces.length} events, not ${EVENTS}`)
}

interface Completion {
  readonly choices?: readonly { readonly message?: { content?: string }; readonly delta?: { content?: string } }[]
}

function wholeText(text: string): string {
  return (JSON.parse(text) as Completion).choices?.[0]?.message?.content ?? ''
}

/** The texts of the content events; none where the stream did not come to its end. */
function streamedPieces(text: string): string[] {
  const data = [...text.matchAll(/^data: (.+)$/gm)].map(match => match[1] as string)
  if (data.pop() !== '[DONE]') return []
  return data
    .map(line => (JSON.parse(line) as Completion).choices?.[0]?.delta?.content ?? '')
    .filter(piece => piece !== '')
}
