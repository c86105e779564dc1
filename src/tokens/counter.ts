import { parentPort } from 'node:worker_threads'
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'

/*
 * The worker thread of tokenizer.ts. Loading the vocabulary takes 0.3 s and much memory, and counting takes time quadratic in the
 * length of a word: too long for the event loop.
 */

/** Characters counted at a time, so that a megabyte of the same letter does not take minutes. */
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
    // Special tokens in a text are plain text.
    tokens += countTokens(text.slice(from, from + SLICE), { disallowedSpecial: new Set() })
  }
  parentPort?.postMessage({ id, tokens } satisfies Count)
})
