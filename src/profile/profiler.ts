import type { Readable } from 'node:stream'
import { getHeapSnapshot } from 'node:v8'
import { Cancelled, ProfileBusy } from '../errors.ts'
import { recordCpu } from './cpu-profile.ts'
import { HeapSampler } from './heap-sampler.ts'
import { durationOf } from './seconds.ts'

/** As long as Go's. */
const DEFAULT_SECONDS = '30'

/**
 * The profiles of this process, one at a time: each would be seen in the other. `seconds` is as in a query string.
 * Throws ProfileBusy while one is made, InvalidRequest for `seconds` that are none, and Cancelled when `signal` fires.
 */
export class Profiler {
  readonly #heap = new HeapSampler()
  readonly #closing = new AbortController()
  /** Settles when what is being made is done; never rejects. */
  #current: Promise<void> | undefined

  /** Samples the heap from now on, which the first heap profile would do. */
  startHeapSampling(): Promise<void> {
    return this.#heap.start()
  }

  /** Where the processor was, for `seconds` (30 unless said), as gzipped pprof. */
  async cpu(seconds: unknown, signal: AbortSignal): Promise<Buffer> {
    const duration = durationOf(seconds ?? DEFAULT_SECONDS)
    return this.#alone(signal, until => recordCpu(duration, until))
  }

  /** What lives on the heap, as gzipped pprof; with `seconds`, also all that is allocated in that time. */
  async heap(seconds: unknown, signal: AbortSignal): Promise<Buffer> {
    const duration = seconds === undefined ? undefined : durationOf(seconds)
    return this.#alone(signal, until =>
      duration === undefined ? this.#heap.living() : this.#heap.allocated(duration, until),
    )
  }

  /** Every object with its content, as Chrome's developer tools read it. The process stands still until the stream begins. */
  snapshot(): Readable {
    const finish = this.#begin()
    try {
      return getHeapSnapshot().once('close', finish)
    } catch (error) {
      finish()
      throw error
    }
  }

  /** Ends what is being made, and the sampling. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#current
    this.#heap.stop()
  }

  async #alone(signal: AbortSignal, record: (until: AbortSignal) => Promise<Buffer>): Promise<Buffer> {
    const finish = this.#begin()
    const until = AbortSignal.any([signal, this.#closing.signal])
    try {
      return await record(until)
    } catch (error) {
      throw until.aborted ? Cancelled({ cause: error }) : error
    } finally {
      finish()
    }
  }

  #begin(): () => void {
    if (this.#current !== undefined) throw ProfileBusy()
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#current = promise
    return () => {
      this.#current = undefined
      resolve()
    }
  }
}
