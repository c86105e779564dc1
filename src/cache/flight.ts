import type { Kind } from '../call/fault.ts'
import { CONSEQUENCES } from '../errors.ts'
import type { AnswerHead, KeptAnswer } from './answer.ts'
import { Broadcast, type Seat, type Source } from './broadcast.ts'

/** A name under which a call may be answered together with others, and what is done with its answer. */
export interface Claim {
  readonly key: string
  /** The key of what is asked. */
  readonly asked: string
  /** How long (ms) the call goes on when nobody waits for it any more. */
  readonly lingers: number
  /** A larger answer is not kept, and nobody joins it late. */
  readonly maxBytes: number
  /** An older answer, better than none. */
  readonly stale?: KeptAnswer | undefined
  /** An answer that was kept under this key since it was looked for, by a call that is over. */
  missed?(): KeptAnswer | undefined
  /** Its request gets the answer of another call under this key. */
  onJoin?(): void
  /** Takes an answer that came whole; `finish` is why it ended. */
  keep(answer: KeptAnswer, finish: string | undefined): void
}

/** Those for whom an upstream call is made. */
export interface Company {
  /** `answered` is false: nobody waits for it any more. */
  closed(answered: boolean): void
  /** The gateway itself must end the call. */
  stop(): void
}

/** What all who wait for a call are sent: an answer, or the head of a stream that each reads from its seat. */
type Landing =
  | { readonly type: 'whole'; readonly answer: KeptAnswer; readonly stale: boolean }
  | { readonly type: 'stream'; readonly head: AnswerHead }

/** One upstream call and all who wait for it. It ends when its answer does, when it fails, or when nobody has waited for long enough. */
export class Flight {
  readonly asked: string
  /** Rejects with the error that all of them get. */
  readonly landing: Promise<Landing>
  /** The upstream call is over, and its answer kept if it may be; never rejects. */
  readonly over: Promise<void>
  /** How the stream broke. */
  failure: Kind | undefined
  readonly #claims: Claim[]
  readonly #company: Company
  readonly #broadcast: Broadcast
  readonly #land = Promise.withResolvers<Landing>()
  readonly #end = Promise.withResolvers<void>()
  #head: AnswerHead | undefined
  #ended = false
  /** It is being ended: who joined now would get the error of those who left. */
  #ending = false
  #lingering: NodeJS.Timeout | undefined

  constructor(claims: readonly Claim[], company: Company) {
    this.asked = (claims[0] as Claim).asked
    this.#claims = [...claims]
    this.#company = company
    this.#broadcast = new Broadcast(Math.max(...claims.map(({ maxBytes }) => maxBytes)), () => this.#deserted())
    this.landing = this.#land.promise
    this.over = this.#end.promise
    // Everybody may have left before it fails.
    this.landing.catch(() => {})
  }

  get claims(): readonly Claim[] {
    return this.#claims
  }

  /** Whether who comes now would still get all of the answer. */
  get open(): boolean {
    return !this.#ended && !this.#ending && this.#broadcast.whole
  }

  join(): Seat {
    clearTimeout(this.#lingering)
    return this.#broadcast.join()
  }

  claim(claim: Claim): void {
    this.#claims.push(claim)
  }

  /** The answer, in one piece. `complete` says that it is one that may be kept. */
  answer(answer: Omit<KeptAnswer, 'asked'>, complete: boolean, finish: string | undefined): void {
    const kept = { ...answer, asked: this.asked }
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

  /** How the stream ended, told before its end. */
  conclude(failure: Kind | undefined, complete: boolean, finish: string | undefined): void {
    this.failure = failure
    const body = complete ? this.#broadcast.body() : undefined
    if (body !== undefined && this.#head !== undefined) this.#keep({ ...this.#head, body, asked: this.asked }, finish)
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

  /** Answers with an older answer where there is one and no target could; false where it is not so. */
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
    this.#company.closed(false)
  }

  /** Ends the upstream call; who reads is told. */
  stop(): void {
    if (this.#ended) return
    this.#ending = true
    this.#company.stop()
  }

  #keep(answer: KeptAnswer, finish: string | undefined): void {
    for (const claim of this.#claims) if (answer.body.length <= claim.maxBytes) claim.keep(answer, finish)
  }

  /** Nobody waits any more; true when the call goes on, for somebody to come back to. */
  #deserted(): boolean {
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
