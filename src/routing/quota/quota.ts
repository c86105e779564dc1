import { header, type ResponseHeaders } from '../../upstream/outcome.ts'
import { LearnedLimit } from './learned-limit.ts'
import { type Counted, countIn, type LimitHeaders, limitHeadersOf } from './limit-headers.ts'
import { untilMs } from './wire-time.ts'

/** When a call was sent, and the running totals at that time, itself included. */
export interface Sent {
  readonly at: number
  readonly requests: number
  readonly tokens: number
}

/** A limit, with the number of the call in whose answer it was read. */
interface Known {
  readonly learned: LearnedLimit
  readonly requests: number
}

/**
 * What a vendor still allows one model with one key, by the headers of its answers, so that we stop before a 429.
 * Times in ms on one monotonic clock.
 */
export class Quota {
  readonly #known = new Map<Counted, Known>()
  /** Running totals of what was sent. */
  #requests = 0
  #tokens = 0

  /** Ms until a call of about `tokens` tokens may be sent; 0 when it may be now. */
  waitMs(now: number, tokens: number): number {
    if (this.#known.size === 0) return 0
    let wait = 0
    for (const [counted, { learned }] of this.#known) {
      wait = Math.max(wait, learned.waitMs(now, costOf(counted, learned, tokens)))
    }
    return wait
  }

  /** A call is sent; pass the result to `learn` with its answer. */
  send(now: number, tokens: number): Sent {
    this.#requests += 1
    this.#tokens += this.#charge(now, tokens)
    return { at: now, requests: this.#requests, tokens: this.#tokens }
  }

  /**
   * Reads the headers of an answer, good or bad. They are ignored where those of a later call are known: the vendor counted this one
   * earlier.
   */
  learn(headers: ResponseHeaders, sent: Sent, now: number): void {
    for (const names of limitHeadersOf(headers)) {
      const known = this.#known.get(names.counts)
      if (known !== undefined && known.requests > sent.requests && known.learned.left(now) !== undefined) continue
      const learned = this.#read(headers, names, sent, now)
      if (learned === undefined) this.#known.delete(names.counts)
      else this.#known.set(names.counts, { learned, requests: sent.requests })
    }
  }

  /** What is left of each limit that is known. */
  *left(now: number): Iterable<readonly [limit: Counted, left: number]> {
    for (const [counted, { learned }] of this.#known) {
      const left = learned.left(now)
      if (left !== undefined) yield [counted, Math.max(0, left)]
    }
  }

  /** Of the limit of which least is left, the share (0..1) that is used up; 0 while none is known. */
  spent(now: number): number {
    let most = 0
    for (const { learned } of this.#known.values()) most = Math.max(most, learned.spent(now))
    return most
  }

  /** Charges the known limits for a call; returns the tokens that it counts for. */
  #charge(now: number, tokens: number): number {
    let charged = tokens
    for (const [counted, { learned }] of this.#known) {
      const cost = costOf(counted, learned, tokens)
      if (counted === 'tokens') charged = cost
      if (counted === 'tokens' || counted === 'requests') learned.sent(now, cost)
    }
    return charged
  }

  #read(headers: ResponseHeaders, names: LimitHeaders, sent: Sent, now: number): LearnedLimit | undefined {
    const { counts, limit, remaining, reset } = names
    const left = countIn(headers, remaining)
    // A call's input and output are not known before its answer, so these limits only matter once exhausted.
    if (left === undefined || (left > 0 && (counts === 'input' || counts === 'output'))) return undefined
    const resetMs = untilMs(header(headers, reset) ?? '', Date.now())
    if (Number.isNaN(resetMs)) return undefined
    const reading = { limit: countIn(headers, limit), remaining: left, resetMs }
    return new LearnedLimit(reading, now, sent.at, this.#sentSince(counts, sent))
  }

  #sentSince(counted: Counted, sent: Sent): number {
    if (counted === 'requests') return this.#requests - sent.requests
    return counted === 'tokens' ? this.#tokens - sent.tokens : 0
  }
}

function costOf(counted: Counted, learned: LearnedLimit, tokens: number): number {
  return counted === 'requests' ? 1 : learned.costOf(tokens)
}
