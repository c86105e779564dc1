import type * as Prometheus from '@prometheus-io/client'
import { getOrCreate } from '../get-or-create.ts'
import type { Labels } from './labels.ts'

/** One series of a counter or gauge. */
class Cell {
  readonly labels: Labels
  value = 0

  constructor(labels: Labels) {
    this.labels = labels
  }

  inc(by = 1): void {
    this.value += by
  }

  dec(by = 1): void {
    this.value -= by
  }

  set(value: number): void {
    this.value = value
  }
}

/** How the values of several processes become one. */
export type Aggregator = 'sum' | 'min' | 'max'

interface ScalarSettings {
  readonly type: 'counter' | 'gauge'
  readonly name: string
  readonly help: string
  readonly labelNames: readonly string[]
  /** Sets the values when they are asked for. */
  readonly collect?: ((scalar: FastScalar) => void) | undefined
  readonly aggregator?: Aggregator | undefined
}

const NO_LABELS: Labels = Object.freeze({})

/** A counter or gauge for the client's registry that counts with an addition, where the client's own hashes labels each time. */
export class FastScalar {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge'
  readonly aggregator: Aggregator
  readonly #cells = new Map<string, Cell>()
  readonly #collect: ScalarSettings['collect']

  /** Without `labelNames` there is one series, shown from the start. */
  constructor(
    { type, name, help, labelNames, collect, aggregator = 'sum' }: ScalarSettings,
    registry: Prometheus.Registry,
  ) {
    this.type = type
    this.name = name
    this.help = help
    this.aggregator = aggregator
    this.#collect = collect
    if (labelNames.length === 0) this.labels(NO_LABELS)
    // The registry asks of a metric what stands here: name, get, reset.
    registry.registerMetric(this as unknown as Prometheus.Metric)
  }

  /** The series of these labels; keep it on the hot path, the look-up is not free. */
  labels(labels: Labels): Cell {
    return getOrCreate(this.#cells, JSON.stringify(labels), () => new Cell(labels))
  }

  inc(labels: Labels = NO_LABELS, by = 1): void {
    this.labels(labels).inc(by)
  }

  set(labels: Labels, value: number): void {
    this.labels(labels).set(value)
  }

  remove(labels: Labels): void {
    this.#cells.delete(JSON.stringify(labels))
  }

  /** Forgets the series of all other labels. */
  retain(isWanted: (labels: Labels) => boolean): void {
    for (const [id, { labels }] of this.#cells) if (!isWanted(labels)) this.#cells.delete(id)
  }

  /** Forgets all series. */
  clear(): void {
    this.#cells.clear()
  }

  /** What the registry shows. */
  async get() {
    const { name, help, type, aggregator } = this
    if (this.#collect !== undefined) {
      // Series that are not set again are of things that are gone.
      this.#cells.clear()
      this.#collect(this)
    }
    const values = [...this.#cells.values()].map(({ labels, value }) => ({ labels, value }))
    return { name, help, type, aggregator, values }
  }

  reset(): void {
    for (const cell of this.#cells.values()) cell.set(0)
  }
}
