import type { Outage, SimulatorOptions } from './options.ts'

/** Decides the weather of each call: is the vendor down, over its limit, failing, and how late is it? */
export class Conditions {
  readonly #options: SimulatorOptions
  readonly #now: () => number
  readonly #startedAt: number
  readonly #random: () => number
  #tokens: number
  #refilledAt: number

  constructor(options: SimulatorOptions) {
    this.#options = options
    this.#now = options.now ?? (() => performance.now())
    this.#startedAt = this.#now()
    this.#refilledAt = this.#startedAt
    this.#random = seededRandom(options.seed ?? 1)
    this.#tokens = burst(options.requestsPerSecond ?? 0)
  }

  /** What an outage does to a call that comes now; undefined while the vendor is up. */
  outage(): 'refuse' | 'cut' | undefined {
    const { outages } = this.#options
    if (outages === undefined) return undefined
    const elapsed = this.#now() - this.#startedAt
    const outage = outages.find(candidate => isDown(candidate, elapsed))
    return outage === undefined ? undefined : (outage.how ?? 'refuse')
  }

  /** Takes one call out of the limit. Returns 0, or the whole seconds (at least 1) after which to come back. */
  secondsToWait(): number {
    const rate = this.#options.requestsPerSecond
    if (rate === undefined) return 0
    const now = this.#now()
    this.#tokens = Math.min(burst(rate), this.#tokens + ((now - this.#refilledAt) / 1000) * rate)
    this.#refilledAt = now
    if (this.#tokens < 1) return Math.max(1, Math.ceil((1 - this.#tokens) / rate))
    this.#tokens -= 1
    return 0
  }

  /** Whether this call fails with 500. */
  fails(): boolean {
    const { errorRate } = this.#options
    return errorRate !== undefined && this.#random() < errorRate
  }

  /** ms to let pass before this call is answered. */
  delay(): number {
    const { latency = 0, jitter = 0 } = this.#options
    return jitter === 0 ? latency : latency + this.#random() * jitter
  }
}

function isDown(outage: Outage, elapsed: number): boolean {
  const since = elapsed - outage.after
  if (since < 0) return false
  return (outage.every === undefined ? since : since % outage.every) < outage.for
}

function burst(rate: number): number {
  return Math.max(1, rate)
}

/** Mulberry32: numbers in [0, 1), the same for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
