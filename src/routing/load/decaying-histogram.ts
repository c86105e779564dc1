/** Each bucket reaches this much further than the one before, so a percentile is off by less than that. */
const GROWTH = 1.15
const LOG_GROWTH = Math.log(GROWTH)
/** Values beyond this, ms, count as this much. */
const LARGEST = 600_000
const BUCKETS = Math.ceil(Math.log(LARGEST) / LOG_GROWTH) + 1
/** Time constant (ms): a sample loses 63 % of its weight in it. */
const DECAY = 120_000
/** Total weight, in new samples, below which percentiles are noise. */
const FEWEST = 20
/** Weights grow with time and are brought down long before they overflow. */
const LARGEST_EXPONENT = 50

/**
 * Percentiles of recent samples, at a constant cost a sample and in constant memory. Forward decay (Cormode,
 * Shkapenyuk, Srivastava, Xu: "Forward Decay", ICDE 2009): instead of old samples losing weight, each new one weighs more
 * than the one before. Times in ms on one monotonic clock.
 */
export class DecayingHistogram {
  readonly #weights = new Float64Array(BUCKETS)
  #total = 0
  /** The weight of the latest sample. */
  #latest = 1
  /** When a sample weighed 1. */
  #landmark: number | undefined

  observe(value: number, now: number): void {
    this.#landmark ??= now
    if (now - this.#landmark > LARGEST_EXPONENT * DECAY) this.#moveLandmark(now, this.#landmark)
    this.#latest = Math.exp((now - this.#landmark) / DECAY)
    const bucket = bucketOf(value)
    this.#weights[bucket] = (this.#weights[bucket] as number) + this.#latest
    this.#total += this.#latest
  }

  /** The value that this share (0..1) of the samples does not exceed; undefined while there are too few. */
  percentile(share: number): number | undefined {
    if (this.#total < FEWEST * this.#latest) return undefined
    let missing = share * this.#total
    let found: number | undefined
    for (const [bucket, weight] of this.#weights.entries()) {
      if (weight === 0) continue
      // The sums are rounded, so what is missing may outlast the last bucket by a little.
      found = within(bucket, Math.min(1, missing / weight))
      if (weight >= missing) break
      missing -= weight
    }
    return found
  }

  #moveLandmark(now: number, landmark: number): void {
    const kept = Math.exp((landmark - now) / DECAY)
    for (const [bucket, weight] of this.#weights.entries()) this.#weights[bucket] = weight * kept
    this.#total *= kept
    this.#landmark = now
  }
}

/** Bucket 0 reaches to 1, bucket n to GROWTH ** n. */
function bucketOf(value: number): number {
  return value <= 1 ? 0 : Math.min(BUCKETS - 1, Math.ceil(Math.log(value) / LOG_GROWTH))
}

function within(bucket: number, share: number): number {
  const from = bucket === 0 ? 0 : GROWTH ** (bucket - 1)
  return from + (GROWTH ** bucket - from) * share
}
