import { Worker } from 'node:worker_threads'
import type { Count, Question } from './counter.ts'

/** Longer texts are not counted but measured: the count would take seconds, and others wait behind it. */
const LONGEST_COUNTED = 2_000_000
const CHARACTERS_PER_TOKEN = 4

/** The compiled package has no TypeScript. */
const COUNTER = new URL(import.meta.url.endsWith('.ts') ? './counter.ts' : './counter.js', import.meta.url)

/** Counts tokens in a thread of its own, which is started by the first text and does not keep the process alive. */
class Tokenizer {
  readonly #waiting = new Map<number, { readonly text: string; resolve(tokens: number): void }>()
  #worker: Worker | undefined
  #last = 0

  count(text: string): Promise<number> {
    if (text.length > LONGEST_COUNTED) return Promise.resolve(roughly(text))
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
      this.#waiting.get(id)?.resolve(tokens)
      this.#waiting.delete(id)
    })
    // Whatever it died of, an estimate can always be had.
    worker.on('error', () => this.#giveUp())
    // Last, since a listener makes it hold the process again.
    worker.unref()
    return worker
  }

  #giveUp(): void {
    this.#worker = undefined
    for (const { text, resolve } of this.#waiting.values()) resolve(roughly(text))
    this.#waiting.clear()
  }
}

function roughly(text: string): number {
  return Math.ceil(text.length / CHARACTERS_PER_TOKEN)
}

const tokenizer = new Tokenizer()

/** The tokens of a text in OpenAI's `o200k_base`, the nearest thing to other vendors' own counts. Never rejects. */
export function countTokens(text: string): Promise<number> {
  return tokenizer.count(text)
}
