import { deadlines, type Expirable } from '../upstream/deadlines.ts'

/** A client that reads along. A full connection pauses its seat, and resumes it when it can take more. */
export interface Reader {
  write(chunk: Buffer): void
  /** It has been given everything. */
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

/** One reader's place in the stream. */
export class Seat implements Expirable {
  dueTick = 0
  slot = -1
  /** The reader's connection is full. */
  waiting = false
  left = false
  /** Chunks, and their bytes, that the reader was given. */
  chunks = 0
  bytes = 0
  reader: Reader | undefined
  readonly #broadcast: Broadcast

  constructor(broadcast: Broadcast) {
    this.#broadcast = broadcast
  }

  /** Gives the reader what has come so far; the rest follows. */
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
 * One stream for many readers, each at its own pace. All of it is kept up to `limit` bytes, so that who comes late reads from the
 * beginning; beyond that only what somebody has still to read. The source waits when every reader does, and for nobody
 * alone: who is more than `limit` bytes behind while others go on is cut off.
 */
export class Broadcast {
  readonly #limit: number
  readonly #onEmpty: () => boolean
  #source: Source | undefined
  #seats: Seat[] = []
  #kept: Buffer[] = []
  /** Chunks that are no longer kept. */
  #dropped = 0
  #bytes = 0
  #ended = false
  #paused = false

  /**
   * `onEmpty` is asked whether the stream goes on when the last reader has left before its end, and again when nobody can join
   * any more.
   */
  constructor(limit: number, onEmpty: () => boolean) {
    this.#limit = limit
    this.#onEmpty = onEmpty
  }

  /** There is still all of it. */
  get whole(): boolean {
    return this.#dropped === 0 && this.#bytes <= this.#limit
  }

  get empty(): boolean {
    return this.#seats.length === 0
  }

  /** Bytes that are kept now. */
  get keptBytes(): number {
    return this.#kept.reduce((sum, chunk) => sum + chunk.length, 0)
  }

  /** The whole stream; undefined where it was too long to be kept. */
  body(): Buffer | undefined {
    return this.whole ? Buffer.concat(this.#kept) : undefined
  }

  join(): Seat {
    const seat = new Seat(this)
    this.#seats.push(seat)
    return seat
  }

  /** From here on `source` is held back when all readers are. */
  from(source: Source): void {
    this.#source = source
  }

  write(chunk: Buffer | string): void {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    if (this.#bytes > this.#limit) this.#cutOff()
    this.#kept.push(bytes)
    this.#bytes += bytes.length
    for (const seat of this.#seats) this.#give(seat)
    if (this.#bytes > this.#limit) this.#forget()
    this.#balance()
  }

  /** Nothing follows: each reader is ended when it has taken everything. */
  end(): void {
    this.#ended = true
    for (const seat of [...this.#seats]) this.serve(seat)
    this.#release()
  }

  /** Gives a seat what it can take. */
  serve(seat: Seat): void {
    if (seat.left) return
    const { reader } = seat
    this.#give(seat)
    if (!this.#ended) {
      this.#balance()
    } else if (reader === undefined || seat.waiting) {
      seat.dueTick = deadlines.after(PATIENCE)
      deadlines.watch(seat)
    } else {
      this.dismiss(seat)
      reader.end()
    }
  }

  dismiss(seat: Seat): void {
    if (seat.left) return
    seat.left = true
    deadlines.forget(seat)
    this.#seats.splice(this.#seats.indexOf(seat), 1)
    if (this.#ended) this.#release()
    else if (!this.empty || this.#onEmpty()) this.#balance()
  }

  cut(seat: Seat): void {
    this.dismiss(seat)
    seat.reader?.cut()
  }

  #give(seat: Seat): void {
    const { reader } = seat
    if (reader === undefined) return
    while (!seat.waiting && seat.chunks < this.#dropped + this.#kept.length) {
      const chunk = this.#kept[seat.chunks - this.#dropped] as Buffer
      seat.chunks += 1
      seat.bytes += chunk.length
      reader.write(chunk)
    }
  }

  /** Others went on without those who are too far behind. */
  #cutOff(): void {
    const furthest = Math.max(...this.#seats.map(({ bytes }) => bytes))
    const behind = this.#seats.filter(({ bytes }) => furthest - bytes > this.#limit)
    for (const seat of behind) this.cut(seat)
  }

  /** The stream has become too long to be kept: lets go of what everybody has read. */
  #forget(): void {
    if (this.empty) {
      this.#onEmpty()
      return
    }
    const read = Math.min(...this.#seats.map(({ chunks }) => chunks)) - this.#dropped
    this.#kept.splice(0, read)
    this.#dropped += read
  }

  /** Maps may hold on to what has left them until the next full collection (see src/roster.ts): to as little as possible. */
  #release(): void {
    if (this.empty) this.#kept = []
  }

  #balance(): void {
    const held = !this.empty && this.#seats.every(isWaiting)
    if (held === this.#paused) return
    this.#paused = held
    if (held) this.#source?.pause()
    else this.#source?.resume()
  }
}

function isWaiting({ waiting }: Seat): boolean {
  return waiting
}
