import { Registry } from '@prometheus-io/client'

/** What a registry shows, as it goes from one process to another. */
export type Families = Awaited<ReturnType<Registry['getMetricsAsJSON']>>

/** What has been counted goes on counting after its process; what was measured at a moment does not. */
const LASTING = new Set<string>(['counter', 'histogram', 'summary'])

/**
 * What all workers count together. The counts of a worker that has ended stay in the sums, as they were last seen: otherwise the
 * sums would fall, which Prometheus takes for a restart of all and adds what is left once more.
 */
export class Totals {
  /** By process. */
  readonly #latest = new Map<number, Families>()
  #departed: Families = []

  note(pid: number, families: Families): void {
    this.#latest.set(pid, families)
  }

  /** The process is gone. */
  depart(pid: number): void {
    const counted = (this.#latest.get(pid) ?? []).filter(({ type }) => LASTING.has(type))
    this.#latest.delete(pid)
    this.#departed = Registry.aggregate([this.#departed, counted]).getMetricsAsArray() as unknown as Families
  }

  /** The text for Prometheus; `own` is what the primary counts itself. */
  text(own: Families): Promise<string> {
    return Registry.aggregate([this.#departed, own, ...this.#latest.values()]).metrics()
  }
}
