import type { Kind } from '../call/fault.ts'
import { CONSEQUENCES } from '../errors.ts'
import type { AnswerHead, KeptAnswer } from './answer.ts'
import { Broadcast, type Source, type Subscription } from './broadcast.ts'

/** A key under which equal calls share one answer, and what is done with that answer. */
export interface Claim {
  readonly key: string
  /** The cache key of its request. */
  readonly requestKey: string
  /** How long (ms) the call goes on after the last waiter has left. */
  readonly lingers: number
  /** A larger answer is not kept, and cannot be joined late. */
  readonly maxBytes: number
  /** An out-of-date answer, better than none. */
  readonly stale?: KeptAnswer | undefined
  /** An answer that another call has stored under this key since the cache was looked up. */
  missed?(): KeptAnswer | undefined
  /** Called when the request is answered by another call under this key. */
  onJoin?(): void
  /** Takes an answer that came whole; `finish` is why it ended. */
  keep(answer: KeptAnswer, finish: string | undefined): void
}

/** The presence of the request that makes the upstream call. */
export interface FlightOwner {
  /** With `answered` false: no request waits for the call any more. */
  closed(answered: boolean): void
  /** The gateway itself must end the call. */
  stop(): void
}

/** What all who wait for a call are sent: an answer, or the head of a stream that each reads through its subscription. */
type Landing =
  | { readonly type: 'whole'; readonly answer: KeptAnswer; readonly stale: boolean }
  | { readonly type: 'stream'; readonly head: AnswerHead }

/** One upstream call shared by all who wait for it. It ends with its answer, when it fails, or some time after the last waiter has left. */
export class Flight {
  readonly requestKey: string
  /** Rejects with the error that all waiters get. */
  readonly landing: Promise<Landing>
  /** The upstream call is over, and its answer kept if it may be; never rejects. */
  readonly over: Promise<void>
  /** How the stream broke. */
  failure: Kind | undefined
  readonly #claims: Claim[]
  readonly #owner: FlightOwner
  readonly #broadcast: Broadcast
  readonly #land = Promise.withResolvers<Landing>()
  readonly #end = Promise.withResolvers<void>()
  #head: AnswerHead | undefined
  #ended = false
  /** It is being aborted: a newcomer would get the error of those who left. */
  #ending = false
  #lingering: NodeJS.Timeout | undefined

  constructor(claims: readonly Claim[], owner: FlightOwner) {
    this.requestKey = (claims[0] as Claim).requestKey
    this.#claims = [...claims]
    this.#owner = owner
    this.#broadcast = new Broadcast(Math.max(...claims.map(({ maxBytes }) => maxBytes)), () => this.#onEmpty())
    this.landing = this.#land.promise
    this.over = this.#end.promise
    // Everybody may have left before it fails.
    this.landing.catch(() => {})
  }

  get claims(): readonly Claim[] {
    return this.#claims
  }

  /** Whether a newcomer would get all of the answer. */
  get open(): boolean {
    return !this.#ended && !this.#ending && this.#broadcast.whole
  }

  join(): Subscription {
    clearTimeout(this.#lingering)
    return this.#broadcast.join()
  }

  claim(claim: Claim): void {
    this.#claims.push(claim)
  }

  /** The answer, in one piece. `complete` says that it is one that may be kept. */
  answer(answer: Omit<KeptAnswer, 'requestKey'>, complete: boolean, finish: string | undefined): void {
    const kept = { ...answer, requestKey: this.requestKey }
    this.#land.resolve({ type: 'whole', answer: kept, stale: false })
    if (complete) this.#keep(kept, finish)
    this.#finish()
  }

  /** The answer is a stream; its bytes follow. */
  begin(head: AnswerHead, source: Source): void {
    this.#head = head
    this.#broadcast.from(source)
    this.#land.resolve({ type: 'stream', head })
  }

  write(chunk: Buffer | string): void {
    this.#broadcast.write(chunk)
  }

  /** How the stream ended; called before `end`. */
  conclude(failure: Kind | undefined, complete: boolean, finish: string | undefined): void {
    this.failure = failure
    const body = complete ? this.#broadcast.body() : undefined
    if (body !== undefined && this.#head !== undefined)
      this.#keep({ ...this.#head, body, requestKey: this.requestKey }, finish)
    this.#finish()
  }

  end(): void {
    this.#broadcast.end()
  }

  /** There is no answer. */
  fail(error: unknown): void {
    this.#land.reject(error)
    this.#finish()
  }

  /** Answers with an out-of-date answer, if there is one, where no target could answer; false otherwise. */
  rescue(failure: Kind): boolean {
    const stale = this.#claims.find(claim => claim.stale !== undefined)?.stale
    if (stale === undefined || !CONSEQUENCES[failure].nextTarget) return false
    this.#land.resolve({ type: 'whole', answer: stale, stale: true })
    this.#finish()
    return true
  }

  /** Ends the upstream call as if its clients had left. */
  abandon(): void {
    if (this.#ended) return
    this.#ending = true
    this.#owner.closed(false)
  }

  /** Ends the upstream call with an error for those who read it. */
  stop(): void {
    if (this.#ended) return
    this.#ending = true
    this.#owner.stop()
  }

  #keep(answer: KeptAnswer, finish: string | undefined): void {
    for (const claim of this.#claims) if (answer.body.length <= claim.maxBytes) claim.keep(answer, finish)
  }

  /** The last waiter has left; true when the call goes on, so that a retry can join it. */
  #onEmpty(): boolean {
    if (this.#ended) return false
    const lingers = this.#broadcast.whole ? Math.max(...this.#claims.map(claim => claim.lingers)) : 0
    if (lingers > 0) this.#lingering = setTimeout(() => this.abandon(), lingers)
    else this.abandon()
    return lingers > 0
  }

  #finish(): void {
    this.#ended = true
    clearTimeout(this.#lingering)
    this.#end.resolve()
  }
}
