import { getOrCreate } from '../../get-or-create.ts'
import { Allowance } from './allowance.ts'
import { type KeyLimitSettings, KeyLimits } from './key-limits.ts'

/** Labels of a candidate in metrics and log lines; `model` is `other` for names that are not in the config. */
export interface CandidateLabels {
  readonly provider: string
  readonly model: string
  readonly key: string
}

interface Entry {
  readonly allowance: Allowance
  labels: CandidateLabels
}

/** The allowances of the process, by candidate and by key; they outlive the snapshots. */
export class Allowances implements Iterable<Entry> {
  readonly #entries = new Map<string, Entry>()
  readonly #keys = new Map<string, KeyLimits>()
  readonly #now: () => number
  readonly #share: number

  /** `now` is a monotonic clock in ms; `share` (above 0, at most 1) is the part of each configured limit that may be used here. */
  constructor(now: () => number, share = 1) {
    this.#now = now
    this.#share = share
  }

  /** The limits of the key of this id, created when first needed; takes these settings. */
  key(id: string, settings: KeyLimitSettings): KeyLimits {
    const key = getOrCreate(this.#keys, id, () => new KeyLimits(this.#now, this.#share))
    key.set(settings)
    return key
  }

  /** Likewise the allowance of the candidate of this id. */
  get(id: string, key: KeyLimits, adaptive: boolean, labels: CandidateLabels): Allowance {
    const entry = getOrCreate(this.#entries, id, () => ({ allowance: new Allowance(key, this.#now), labels }))
    entry.allowance.adapt(adaptive)
    entry.labels = labels
    return entry.allowance
  }

  /** Drops all but what belongs to these candidates and keys. */
  retain(ids: ReadonlySet<string>): void {
    for (const map of [this.#entries, this.#keys]) {
      for (const id of map.keys()) if (!ids.has(id)) map.delete(id)
    }
  }

  drop(id: string): void {
    this.#entries.delete(id)
  }

  [Symbol.iterator](): Iterator<Entry> {
    return this.#entries.values()
  }
}
