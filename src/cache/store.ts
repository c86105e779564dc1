import type { KeptAnswer } from './answer.ts'

/** For how long an answer is good, and for how long after that it is better than none; ms. */
export interface Lifetime {
  readonly ttl: number
  readonly staleFor: number
}

export interface Found {
  readonly answer: KeptAnswer
  /** Its `ttl` has not passed. */
  readonly fresh: boolean
}

/** Where answers are kept. */
export interface AnswerStore {
  /** A plain value when no other machine had to be asked, for which there are `patienceMs`. Never throws or rejects. */
  get(key: string, patienceMs?: number): Found | undefined | Promise<Found | undefined>
  set(key: string, answer: KeptAnswer, lifetime: Lifetime): void
  close(): void
}
