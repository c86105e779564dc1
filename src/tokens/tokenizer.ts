import { Worker } from 'node:worker_threads'
import type { Count, Question } from './counter.ts'

/** Longer texts are not counted but measured: the count would take seconds, and others wait behind it. */
const LONGEST_COUNTED = 2_000_000
/** As many characters may wait for the thread; who comes beyond them is answered by a measure, so that no crowd fills the memory. */
const MOST_WAITING = 8_000_000
const CHARACTERS_PER_TOKEN = 4

/** The compiled package has no TypeScript. */
const COUNTER = new URL(import.meta.url.endsWith('.ts') ? './counter.ts' : './counter.js', import.meta.url)

/** Counts tokens in a thread of its own, which is started by the first text and does not keep the process alive. */
class Tokenizer {
  readonly #waiting = new Map<number, { readonly text: string; resolve(tokens: number): void }>()
  #worker: Worker | undefined
  #last = 0
  #characters = 0

  count(texts: readonly string[]): Promise<number> {
    // Put together only where they are counted: that takes long where they are.
    const characters = texts.reduce((sum, { length }) => sum + length, 0)
    const waiting = this.#characters + characters
    if (characters > LONGEST_COUNTED || waiting > MOST_WAITING) return Promise.resolve(roughly(characters))
    const text = texts.join('\n')
    this.#characters += text.length
    this.#worker ??= this.#start()
    this.#last += 1
    const question: Question = { id: this.#last, text }
    const { promise, resolve } = Promise.withResolvers<number>()
    this.#waiting.set(question.id, { text, resolve })
    this.#worker.postMessage(question)
    return promise
  }

  #start(): Worker {
    const worker = new Worker(COUNTER)
    worker.on('message', ({ id, tokens }: Count) => {
      const asked = this.#waiting.get(id)
      if (asked === undefined) return
      this.#waiting.delete(id)
      this.#characters -= asked.text.length
      asked.resolve(tokens)
    })
    // Whatever it died of, an estimate can always be had.
    worker.on('error', () => this.#giveUp())
    // Last, since a listener makes it hold the process again.
    worker.unref()
    return worker
  }

  #giveUp(): void {
    this.#worker = undefined
    for (const { text, resolve } of this.#waiting.values()) resolve(roughly(text.length))
    this.#waiting.clear()
    this.#characters = 0
  }
}

function roughly(characters: number): number {
  return Math.ceil(characters / CHARACTERS_PER_TOKEN)
}

const tokenizer = new Tokenizer()

/** The tokens of texts in OpenAI's `o200k_base`, the nearest thing to other vendors' own counts. Never rejects. */
export function countTokens(texts: readonly string[]): Promise<number> {
  return tokenizer.count(texts)
}
