import { hash } from 'node:crypto'
import { parseBody, Refusal } from './prompt.ts'
import { composeReply } from './reply.ts'
import type { Trouble, Wire } from './wire.ts'

/** An answer as bytes, ready to be sent any number of times. */
export type Answer =
  | { readonly kind: 'whole'; readonly status: number; readonly body: Buffer }
  | { readonly kind: 'stream'; readonly frames: readonly Buffer[]; readonly body: Buffer }

/** Only small bodies are remembered, and so many of them: a load test sends few, each very often. */
const MAX_REMEMBERED_BYTES = 8 * 1024
const MAX_REMEMBERED = 1024

/** Answers the bodies of one dialect; remembers what it said, since the same body always gets the same answer. */
export class Answerer {
  readonly #wire: Wire
  readonly #created: number
  readonly #remembered = new Map<string, Answer>()

  constructor(wire: Wire, created: number) {
    this.#wire = wire
    this.#created = created
  }

  answer(body: Buffer): Answer {
    if (body.length > MAX_REMEMBERED_BYTES) return this.#compose(body)
    const key = body.toString('latin1')
    const known = this.#remembered.get(key)
    if (known !== undefined) return known
    const answer = this.#compose(body)
    if (this.#remembered.size === MAX_REMEMBERED) this.#remembered.clear()
    this.#remembered.set(key, answer)
    return answer
  }

  trouble(trouble: Trouble): Answer {
    return { kind: 'whole', status: trouble.status, body: encode(this.#wire.error(trouble)) }
  }

  #compose(body: Buffer): Answer {
    try {
      const prompt = this.#wire.readPrompt(parseBody(body.toString('utf8')))
      const reply = composeReply(prompt)
      const identity = { id: hash('sha256', body, 'hex').slice(0, 24), created: this.#created }
      if (!prompt.stream) return { kind: 'whole', status: 200, body: encode(this.#wire.whole(reply, prompt, identity)) }
      const frames = this.#wire.frames(reply, prompt, identity).map(frame => Buffer.from(frame))
      return { kind: 'stream', frames, body: Buffer.concat(frames) }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return this.trouble({ status: 400, message: error.message, param: error.param })
    }
  }
}

/** JSON as it is sent. */
export function encode(json: object): Buffer {
  return Buffer.from(JSON.stringify(json))
}
