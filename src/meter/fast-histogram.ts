import type * as Prometheus from '@prometheus-io/client'
import { getOrCreate } from '../get-or-create.ts'
import type { Labels } from './labels.ts'

interface Sample {
  readonly metricName: string
  readonly labels: Labels
  readonly value: number
}

/** One series: counts by bucket, not yet cumulative. */
class Series {
  readonly labels: Labels
  readonly counts: Float64Array
  sum = 0
  readonly #bounds: readonly number[]

  constructor(labels: Labels, bounds: readonly number[]) {
    this.labels = labels
    this.#bounds = bounds
    this.counts = new Float64Array(bounds.length + 1)
  }

  observe(value: number): void {
    const bounds = this.#bounds
    let bucket = 0
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket += 1
    this.counts[bucket] = (this.counts[bucket] as number) + 1
    this.sum += value
  }
}

/**
 * A histogram for the client's registry whose `observe` costs a sixth of the client's own (32 against 190 ns, warm): seven of them settle
 * each request. What it shows is the same (cumulative `_bucket` by `le`, `_sum`, `_count`).
 */
export class FastHistogram {
  readonly name: string
  readonly help: string
  readonly type = 'histogram'
  readonly aggregator = 'sum'
  readonly #bounds: readonly number[]
  readonly #series = new Map<string, Series>()

  /** `bounds` ascend, without +Inf. */
  constructor(name: string, help: string, bounds: readonly number[], registry: Prometheus.Registry) {
    this.name = name
    this.help = help
    this.#bounds = bounds
    // The registry asks of a metric what stands here: name, get, reset.
    registry.registerMetric(this as unknown as Prometheus.Metric)
  }

  /** The series of these labels; keep it, the look-up is not free. */
  labels(labels: Labels): Series {
    return getOrCreate(this.#series, JSON.stringify(labels), () => new Series(labels, this.#bounds))
  }

  /** Forgets the series of all other labels. */
  retain(isWanted: (labels: Labels) => boolean): void {
    for (const [id, { labels }] of this.#series) if (!isWanted(labels)) this.#series.delete(id)
  }

  /** What the registry shows. */
  async get(): Promise<{ name: string; help: string; type: string; aggregator: string; values: Sample[] }> {
    const { name, help, type, aggregator } = this
    return { name, help, type, aggregator, values: [...this.#series.values()].flatMap(series => this.#samples(series)) }
  }

  reset(): void {
    this.#series.clear()
  }

  #samples({ labels, counts, sum }: Series): Sample[] {
    let count = 0
    const buckets = Array.from(counts, (inBucket, index) => {
      count += inBucket
      return {
        metricName: `${this.name}_bucket`,
        labels: { le: this.#bounds[index] ?? '+Inf', ...labels },
        value: count,
      }
    })
    return [
      ...buckets,
      { metricName: `${this.name}_sum`, labels, value: sum },
      { metricName: `${this.name}_count`, labels, value: count },
    ]
  }
}
