/** How long what goes on, and how many take part. Times are in seconds. */
export interface Plan {
  readonly users: number
  /** How long a user thinks after an answer, evenly spread. */
  readonly think: { readonly shortest: number; readonly longest: number }
  /** Under the same load and faults: what is loaded and compiled on its first use must not count as growth. */
  readonly warmUp: number
  readonly length: number
  /**
   * Without load, until what is kept for a while has gone: buckets that fill up again, and idle connections. The gateway keeps
   * one whose only call left while it was being opened for 30 s, of which the ten looks of the census are the last.
   */
  readonly settle: number
  readonly reloadEvery: number
  /** When Redis is killed, as shares of the length. */
  readonly kills: readonly number[]
  /** So long it is away each time. */
  readonly redisAway: number
  readonly sampleEvery: number
  /** How often garbage is collected, to see what lives. */
  readonly collectEvery: number
}

/** Half of the users of the load test, with its pauses. */
const FULL: Plan = {
  users: 1500,
  think: { shortest: 15, longest: 30 },
  warmUp: 90,
  length: 15 * 60,
  settle: 30,
  reloadEvery: 60,
  kills: [0.3, 0.6],
  redisAway: 10,
  sampleEvery: 5,
  collectEvery: 30,
}

/** Shows that everything runs, with as many calls a second. */
export const QUICK: Plan = {
  ...FULL,
  users: 150,
  think: { shortest: 1, longest: 2 },
  warmUp: 10,
  length: 20,
  settle: 25,
  reloadEvery: 5,
  redisAway: 2,
  sampleEvery: 1,
  collectEvery: 4,
}

export function planFor(minutes: number | undefined): Plan {
  return minutes === undefined ? FULL : { ...FULL, length: minutes * 60 }
}
