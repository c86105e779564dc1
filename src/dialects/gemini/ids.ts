import { hash } from 'node:crypto'

/** Characters that tell one answer from another. */
const DIGEST = 28

/**
 * Ids for calls and results that came without: Gemini matches them by name and place, the hub by id. The same request or
 * answer always gets the same ids.
 */
export class CallIds {
  #prefix: string
  readonly #waiting: { readonly name: string; readonly id: string }[] = []
  #calls = 0

  /** `prefix` tells the calls of one answer from those of another. */
  constructor(prefix: string) {
    this.#prefix = prefix
  }

  /** Takes the next piece (JSON text) of an answer that has no id of its own: its calls are told from others by all that it says. */
  hear(piece: string): void {
    this.#prefix = `call_${hash('sha256', this.#prefix + piece).slice(0, DIGEST)}`
  }

  /** The id of the next call; `given` is the vendor's own. */
  call(name: string, given: string | undefined): string {
    const id = given || `${this.#prefix}_${this.#calls}`
    this.#calls += 1
    this.#waiting.push({ name, id })
    return id
  }

  /** The id of the call that a result answers: the first of that name which has none yet. */
  result(name: string, given: string | undefined): string {
    const answered = this.#waiting.findIndex(call => (given ? call.id === given : call.name === name))
    const [call] = answered < 0 ? [] : this.#waiting.splice(answered, 1)
    return given || (call?.id ?? `${this.#prefix}_${name}`)
  }
}

/** The ids of the calls in one answer; without a `responseId` it has to be heard. Clients of OpenAI's APIs take at most 40 characters. */
export function answerIds(responseId: string): CallIds {
  return new CallIds(`call_${responseId.slice(0, DIGEST)}`)
}
