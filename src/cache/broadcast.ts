import { deadlines, type Expirable } from '../upstream/deadlines.ts'

/** A client that reads the stream. It pauses its subscription while its connection is full. */
export interface Reader {
  write(chunk: Buffer): void
  /** It has been sent everything. */
  end(): void
  /** It was too slow; nothing follows. */
  cut(): void
}

/** Where the stream comes from. */
export interface Source {
  pause(): void
  resume(): void
}

/** How long (ms) the end of a stream waits for a reader that takes nothing. */
const PATIENCE = 60_000

/** One reader's position in the stream. */
export class Subscription implements Expirable {
  dueTick = 0
  slot = -1
  /** The reader's connection is full. */
  waiting = false
  left = false
  /** Chunks, and their bytes, that the reader was sent. */
  chunks = 0
  bytes = 0
  reader: Reader | undefined
  readonly #broadcast: Broadcast

  constructor(broadcast: Broadcast) {
    this.#broadcast = broadcast
  }

  /** Sends the reader what has come so far; the rest follows. */
  attach(reader: Reader): void {
    this.reader = reader
    this.#broadcast.serve(this)
  }

  pause(): void {
    this.waiting = true
  }

  resume(): void {
    this.waiting = false
    this.#broadcast.serve(this)
  }

  leave(): void {
    this.#broadcast.dismiss(this)
  }

  onDue(): void {
    this.#broadcast.cut(this)
  }
}

/**
 * One stream for many readers, each at its own pace. Up to `limit` bytes all of it is kept, so that a late reader starts at the
 * beginning; beyond that only what some reader has yet to read. The source is paused while all readers are, never for a single slow
 * one: a reader that is more than `limit` bytes behind the others is cut off.
 */
export class Broadcast {
  readonly #limit: number
  readonly #onEmpty: () => boolean
  #source: Source | undefined
  #subscriptions: Subscription[] = []
  #kept: Buffer[] = []
  /** Chunks that are no longer kept. */
  #dropped = 0
  #bytes = 0
  #ended = false
  #paused = false

  /**
   * `onEmpty` is called when the last reader has left before the end, and again when the stream has become too long to join; it
   * returns whether the stream goes on.
   */
  constructor(limit: number, onEmpty: () => boolean) {
    this.#limit = limit
    this.#onEmpty = onEmpty
  }

  /** Nothing of it has been dropped. */
  get whole(): boolean {
    return this.#dropped === 0 && this.#bytes <= this.#limit
  }

  get empty(): boolean {
    return this.#subscriptions.length === 0
  }

  /** Number of bytes that are kept. */
  get keptBytes(): number {
    return this.#kept.reduce((sum, chunk) => sum + chunk.length, 0)
  }

  /** The whole stream; undefined where it was too long to be kept. */
  body(): Buffer | undefined {
    return this.whole ? Buffer.concat(this.#kept) : undefined
  }

  join(): Subscription {
    const subscription = new Subscription(this)
    this.#subscriptions.push(subscription)
    return subscription
  }

  /** From now on `source` is paused while all readers are. */
  from(source: Source): void {
    this.#source = source
  }

  write(chunk: Buffer | string): void {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    if (this.#bytes > this.#limit) this.#cutOff()
    this.#kept.push(bytes)
    this.#bytes += bytes.length
    for (const subscription of this.#subscriptions) this.#give(subscription)
    if (this.#bytes > this.#limit) this.#forget()
    this.#balance()
  }

  /** Nothing follows: each reader is ended once it has read everything. */
  end(): void {
    this.#ended = true
    for (const subscription of [...this.#subscriptions]) this.serve(subscription)
    this.#release()
  }

  /** Sends a reader what it can take. */
  serve(subscription: Subscription): void {
    if (subscription.left) return
    const { reader } = subscription
    this.#give(subscription)
    if (!this.#ended) {
      this.#balance()
    } else if (reader === undefined || subscription.waiting) {
      subscription.dueTick = deadlines.after(PATIENCE)
      deadlines.watch(subscription)
    } else {
      this.dismiss(subscription)
      reader.end()
    }
  }

  dismiss(subscription: Subscription): void {
    if (subscription.left) return
    subscription.left = true
    deadlines.forget(subscription)
    this.#subscriptions.splice(this.#subscriptions.indexOf(subscription), 1)
    if (this.#ended) this.#release()
    else if (!this.empty || this.#onEmpty()) this.#balance()
  }

  cut(subscription: Subscription): void {
    this.dismiss(subscription)
    subscription.reader?.cut()
  }

  #give(subscription: Subscription): void {
    const { reader } = subscription
    if (reader === undefined) return
    while (!subscription.waiting && subscription.chunks < this.#dropped + this.#kept.length) {
      const chunk = this.#kept[subscription.chunks - this.#dropped] as Buffer
      subscription.chunks += 1
      subscription.bytes += chunk.length
      reader.write(chunk)
    }
  }

  /** Cuts off the readers that are too far behind. */
  #cutOff(): void {
    const furthest = Math.max(...this.#subscriptions.map(({ bytes }) => bytes))
    const behind = this.#subscriptions.filter(({ bytes }) => furthest - bytes > this.#limit)
    for (const subscription of behind) this.cut(subscription)
  }

  /** The stream has become too long to be kept: drops what every reader has read. */
  #forget(): void {
    if (this.empty) {
      this.#onEmpty()
      return
    }
    const read = Math.min(...this.#subscriptions.map(({ chunks }) => chunks)) - this.#dropped
    this.#kept.splice(0, read)
    this.#dropped += read
  }

  /** A Map may keep this object alive until the next full collection (see src/roster.ts), so it lets go of its bytes. */
  #release(): void {
    if (this.empty) this.#kept = []
  }

  #balance(): void {
    const held = !this.empty && this.#subscriptions.every(isWaiting)
    if (held === this.#paused) return
    this.#paused = held
    if (held) this.#source?.pause()
    else this.#source?.resume()
  }
}

function isWaiting({ waiting }: Subscription): boolean {
  return waiting
}
