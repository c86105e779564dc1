import { FirstByteTrend } from './first-byte-trend.ts'

/** So few calls at a time overload no vendor: what it refuses then has another reason. */
const FLOOR = 4
/** Slow first bytes alone, which have many reasons, never take the limit below this. */
const GENEROUS = 64
/** What is left of the calls under way after a cut. */
const KEPT = 0.7
/**
 * After so long (s) the limit is back where it was too much, be that 10 calls or 1,000. In CUBIC the way back is longer for larger
 * windows (K in RFC 9438): no one constant would suit both sizes.
 */
const PLATEAU = 5
/** A limit of more calls than this is none. */
const UNLIMITED = 10_000

/**
 * Finds out how many calls a vendor takes at a time. Without a limit until the vendor says that it has too many (429, 502, 503,
 * 529, a time-out), then TCP's CUBIC (RFC 9438, 4.2): a cut to 0.7, a quick return to just below where it was too much, a long
 * stay there, and quick growth beyond when all goes well. As in CUBIC growth goes by time, not by answers, for answers of
 * AI vendors take from half a second to minutes; unlike there it does so at rest, too, so that a limit is forgotten within
 * minutes. Times in ms on one monotonic clock.
 */
export class AdaptiveLimit {
  readonly #trend = new FirstByteTrend()
  /** Calls under way when it was last too much; Infinity without a limit. */
  #peak = Infinity
  #floor = FLOOR
  #cutAt = 0
  /** An answer has come to a call that was sent after the cut. */
  #answered = true

  /** Calls that may be under way at `now`; Infinity while there is no limit. */
  at(now: number): number {
    if (this.#peak === Infinity) return Infinity
    const plateaus = (now - this.#cutAt) / 1000 / PLATEAU
    const limit = this.#peak * (1 + (1 - KEPT) * (plateaus - 1) ** 3)
    if (limit < UNLIMITED) return Math.max(this.#floor, Math.round(limit))
    this.#peak = Infinity
    return Infinity
  }

  /** A call that was sent at `sentAt` was answered well. */
  succeeded(sentAt: number): void {
    if (sentAt >= this.#cutAt) this.#answered = true
  }

  /** A stream has begun. Of other answers the first byte says how long they are, not how busy the vendor is. */
  streaming(sentAt: number, now: number, underWay: number): void {
    this.succeeded(sentAt)
    if (this.#trend.push(now - sentAt)) this.#cut(sentAt, now, underWay, GENEROUS)
  }

  /** The vendor has too many calls, says what became of one that was sent at `sentAt`; `underWay` counts it. */
  overloaded(sentAt: number, now: number, underWay: number): void {
    this.#cut(sentAt, now, underWay, FLOOR)
  }

  /**
   * One cut for all calls that were sent before it. And none before something has succeeded again: who refuses all calls is
   * not overloaded but down, which is the breaker's business, and must not find its limit at the floor when it comes back.
   */
  #cut(sentAt: number, now: number, underWay: number, floor: number): void {
    const peak = Math.min(underWay, this.at(now))
    if (peak <= floor || sentAt < this.#cutAt || !this.#answered) return
    this.#peak = peak
    this.#floor = floor
    this.#cutAt = now
    this.#answered = false
  }
}
