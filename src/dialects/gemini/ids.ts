/**
 * Ids for calls and results that came without: Gemini matches them by name and place, the hub by id. The same request or
 * answer always gets the same ids.
 */
export class CallIds {
  readonly #prefix: string
  readonly #waiting: { readonly name: string; readonly id: string }[] = []
  #calls = 0

  /** `prefix` tells the calls of one answer from those of another. */
  constructor(prefix: string) {
    this.#prefix = prefix
  }

  /** The id of the next call; `given` is the vendor's own. */
  call(name: string, given: string | undefined): string {
    const id = given ?? `${this.#prefix}_${this.#calls}`
    this.#calls += 1
    this.#waiting.push({ name, id })
    return id
  }

  /** The id of the call that a result answers: the first of that name which has none yet. */
  result(name: string, given: string | undefined): string {
    const answered = this.#waiting.findIndex(call => (given === undefined ? call.name === name : call.id === given))
    const [call] = answered < 0 ? [] : this.#waiting.splice(answered, 1)
    return given ?? call?.id ?? `${this.#prefix}_${name}`
  }
}

/** The ids of the calls in one answer. Clients of OpenAI's APIs take at most 40 characters. */
export function answerIds(responseId: string): CallIds {
  return new CallIds(`call_${responseId.slice(0, 28)}`)
}
