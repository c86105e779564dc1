/** Answers that are needed before anything is concluded. */
const WARM_UP = 100
/** Weights of the last answer in the two means. */
const SHORT = 1 / 16
const LONG = 1 / 512
/** How far the short mean must lie above the long one: four times, and a second at least. */
const FACTOR = 4
const LEAST_MS = 1_000

/**
 * Detects when a vendor's time to first byte has grown far beyond the usual: the ratio of short to long mean in Netflix'
 * Gradient2Limit, with a far higher threshold, as prompts of different sizes make it vary several times over.
 */
export class FirstByteTrend {
  #count = 0
  #short = 0
  #long = 0

  /** Takes one time to a first byte (ms); true when they have grown far beyond the usual. */
  push(ms: number): boolean {
    this.#count += 1
    // The plain mean until there are enough samples.
    this.#short += (ms - this.#short) * Math.max(SHORT, 1 / this.#count)
    this.#long += (ms - this.#long) * Math.max(LONG, 1 / this.#count)
    return this.#count > WARM_UP && this.#short > this.#long * FACTOR && this.#short > this.#long + LEAST_MS
  }
}
