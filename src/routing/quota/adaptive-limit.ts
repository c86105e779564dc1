import { FirstByteTrend } from './first-byte-trend.ts'

/** The limit is never lower: so few concurrent calls overload no vendor, so a refusal then has another reason. */
const FLOOR = 4
/** Slow first bytes alone, which have many causes, never cut the limit below this. */
const GENEROUS = 64
/** Share of the concurrency that a cut leaves. */
const KEPT = 0.7
/**
 * After this time (s) the limit is back at its peak, be that 10 calls or 1,000. In CUBIC recovery takes longer for larger windows (K in
 * RFC 9438), but no one constant would suit both sizes.
 */
const PLATEAU = 5
/** A limit beyond this is none. */
const UNLIMITED = 10_000

/**
 * Learns a vendor's concurrency limit. There is none until the vendor is overloaded (429, 502, 503, 529, a timeout), then it follows
 * TCP's CUBIC (RFC 9438, 4.2): a cut to 0.7, a quick return to just below the peak, a plateau, and quick growth beyond when all goes
 * well. As in CUBIC growth depends on time, not on answers, which take AI vendors from half a second to minutes; unlike there it also
 * grows when idle, so that a limit is forgotten within minutes. Times in ms on one monotonic clock.
 */
export class AdaptiveLimit {
  readonly #trend = new FirstByteTrend()
  /** Concurrency at the last cut; Infinity without a limit. */
  #peak = Infinity
  #floor = FLOOR
  #cutAt = 0
  /** A call that was sent after the cut has succeeded. */
  #answered = true

  /** Concurrent calls allowed at `now`; Infinity while there is no limit. */
  at(now: number): number {
    if (this.#peak === Infinity) return Infinity
    const plateaus = (now - this.#cutAt) / 1000 / PLATEAU
    const limit = this.#peak * (1 + (1 - KEPT) * (plateaus - 1) ** 3)
    if (limit < UNLIMITED) return Math.max(this.#floor, Math.round(limit))
    this.#peak = Infinity
    return Infinity
  }

  /** A call that was sent at `sentAt` has succeeded. */
  succeeded(sentAt: number): void {
    if (sentAt >= this.#cutAt) this.#answered = true
  }

  /** A stream has begun. The first byte of other answers depends on their length, not on how busy the vendor is. */
  streaming(sentAt: number, now: number, inFlight: number): void {
    this.succeeded(sentAt)
    if (this.#trend.push(now - sentAt)) this.#cut(sentAt, now, inFlight, GENEROUS)
  }

  /** A call that was sent at `sentAt` has failed by overload; it is counted in `inFlight`. */
  overloaded(sentAt: number, now: number, inFlight: number): void {
    this.#cut(sentAt, now, inFlight, FLOOR)
  }

  /**
   * One cut for all calls that were sent before it, and no other before a call has succeeded: a vendor that refuses all calls is not
   * overloaded but down, which is left to the breaker, and must not find its limit at the floor when it recovers.
   */
  #cut(sentAt: number, now: number, inFlight: number, floor: number): void {
    const peak = Math.min(inFlight, this.at(now))
    if (peak <= floor || sentAt < this.#cutAt || !this.#answered) return
    this.#peak = peak
    this.#floor = floor
    this.#cutAt = now
    this.#answered = false
  }
}
