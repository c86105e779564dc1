import { Worker } from 'node:worker_threads'
import type { Count, Question } from './counter.ts'

/** Longer texts are estimated by their length: counting them would take seconds, while others wait. */
const LONGEST_COUNTED = 2_000_000
/** With more characters waiting for the thread, texts are estimated by their length, so that many calls do not fill the memory. */
const MOST_WAITING = 8_000_000
const CHARACTERS_PER_TOKEN = 4

/** The compiled package has JavaScript files. */
const COUNTER = new URL(import.meta.url.endsWith('.ts') ? './counter.ts' : './counter.js', import.meta.url)

/** Counts tokens in a worker thread, which is started by the first text and does not keep the process alive. */
class Tokenizer {
  readonly #waiting = new Map<number, { readonly text: string; resolve(tokens: number): void }>()
  #worker: Worker | undefined
  #last = 0
  #characters = 0

  count(texts: readonly string[]): Promise<number> {
    // Long texts are not joined before it is clear that they are counted.
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
    worker.on('error', () => this.#resolveRoughly())
    // Last, since adding a listener refs the worker again.
    worker.unref()
    return worker
  }

  /** The thread has failed: the next text starts another one. */
  #resolveRoughly(): void {
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

/** The tokens of texts in OpenAI's `o200k_base`, which approximates other vendors' tokenizers. Never rejects. */
export function countTokens(texts: readonly string[]): Promise<number> {
  return tokenizer.count(texts)
}
