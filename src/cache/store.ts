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
  /**
   * A plain value when no other machine had to be asked, which the request has waited for before for `waitedMs`: so much shorter
   * is this wait. Never throws or rejects.
   */
  get(key: string, waitedMs?: number): Found | undefined | Promise<Found | undefined>
  /** What this process has; asks no other machine. */
  here(key: string): Found | undefined
  set(key: string, answer: KeptAnswer, lifetime: Lifetime): void
  close(): void
}
