import { type HeapProfiler, Session } from 'node:inspector/promises'
import { setTimeout } from 'node:timers/promises'
import { type SampledHeap, toPprof } from './heap-profile.ts'

/** Allocated bytes between two samples, on average: what costs 1 % of the CPU (docs/decisions/profiles-by-the-inspector.md). */
const INTERVAL = 2 * 1024 * 1024

/** With these the sampler forgets nothing: its memory grows with all that is allocated, so they are for a short while only. */
const KEEP_DEAD = { includeObjectsCollectedByMajorGC: true, includeObjectsCollectedByMinorGC: true }

/**
 * V8's sampling heap profiler, of which there is one in a process. It follows either what lives, for as long as one likes, or
 * all that is allocated, for a short while: one recording cannot tell the two apart. Its calls must not overlap.
 */
export class HeapSampler {
  readonly #session = new Session()
  /** When the recording of what lives began, ms of the monotonic clock. */
  #since: number | undefined

  /** Follows what lives of all that is allocated from now on. Does nothing when it already does. */
  async start(): Promise<void> {
    if (this.#since !== undefined) return
    this.#session.connect()
    await this.#begin()
  }

  /** What lives of all that was allocated since the start; looking begins with a full garbage collection. */
  async living(): Promise<Buffer> {
    await this.start()
    const { profile } = await this.#session.post('HeapProfiler.getSamplingProfile')
    const living = sampled(profile)
    const duration = performance.now() - (this.#since ?? 0)
    // What was collected is not known, so what lives is all that can be said of what was allocated.
    return toPprof({ inUse: living, allocated: living, interval: INTERVAL, duration, shown: 'inuse_space' })
  }

  /**
   * Everything that is allocated within `duration` ms, beside what lived before. From then on what lives is followed anew.
   * Throws an AbortError when `signal` fires.
   */
  async allocated(duration: number, signal: AbortSignal): Promise<Buffer> {
    await this.start()
    const inUse = await this.#end()
    await this.#begin(KEEP_DEAD)
    let allocated: SampledHeap
    try {
      await setTimeout(duration, undefined, { signal })
    } finally {
      allocated = await this.#end()
      await this.#begin()
    }
    return toPprof({ inUse, allocated, interval: INTERVAL, duration, shown: 'alloc_space' })
  }

  stop(): void {
    // Stops the recording as well.
    this.#session.disconnect()
    this.#since = undefined
  }

  async #begin(flags: Partial<typeof KEEP_DEAD> = {}): Promise<void> {
    await this.#session.post('HeapProfiler.startSampling', { samplingInterval: INTERVAL, ...flags })
    this.#since = performance.now()
  }

  async #end(): Promise<SampledHeap> {
    const { profile } = await this.#session.post('HeapProfiler.stopSampling')
    return sampled(profile)
  }
}

/** What the inspector sends is more than @types/node knows of. */
function sampled(profile: HeapProfiler.SamplingHeapProfile): SampledHeap {
  return profile as unknown as SampledHeap
}
