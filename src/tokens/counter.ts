import { parentPort } from 'node:worker_threads'
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'

/*
 * The worker behind tokenizer.ts: loading the vocabulary takes 0.3 s and much memory, and counting is quadratic in a word without
 * end, neither of which the event loop can afford.
 */

/** Characters counted in one piece: what keeps a megabyte of the same letter from taking minutes. */
const SLICE = 2_000

export interface Question {
  readonly id: number
  readonly text: string
}

export interface Count {
  readonly id: number
  readonly tokens: number
}

parentPort?.on('message', ({ id, text }: Question) => {
  let tokens = 0
  for (let from = 0; from < text.length; from += SLICE) {
    // Words that only look like special tokens are words.
    tokens += countTokens(text.slice(from, from + SLICE), { disallowedSpecial: new Set() })
  }
  parentPort?.postMessage({ id, tokens } satisfies Count)
})
