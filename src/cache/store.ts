import type { KeptAnswer } from './answer.ts'

/** For how long an answer is fresh, and for how long after that it may be served stale; ms. */
export interface Lifetime {
  readonly ttl: number
  readonly staleFor: number
}

export interface Found {
  readonly answer: KeptAnswer
  /** Its `ttl` has not passed. */
  readonly fresh: boolean
}

/** Stores answers. */
export interface AnswerStore {
  /**
   * A promise only where Redis is queried. `waitedMs` is how long the request has already waited for Redis, by which this wait is
   * shorter. Never throws or rejects.
   */
  get(key: string, waitedMs?: number): Found | undefined | Promise<Found | undefined>
  /** Looks in this process only. */
  here(key: string): Found | undefined
  set(key: string, answer: KeptAnswer, lifetime: Lifetime): void
  close(): void
}
