import assert from 'node:assert/strict'
import type { DialectName, Recording } from './recordings.ts'

/** Counts what has passed: client's dialect x vendor x feature. */
export class Tally {
  readonly #rows = new Map<string, Map<string, number>>()
  readonly #combinations = new Set<string>()

  add(client: DialectName, { dialect, vendor, stream, features }: Recording): void {
    this.#combinations.add(`${client} ${dialect} ${stream}`)
    const name = `${client} client, ${vendor}`
    const row = this.#rows.get(name) ?? new Map<string, number>()
    this.#rows.set(name, row)
    for (const feature of ['all', stream ? 'stream' : 'whole', ...features])
      row.set(feature, (row.get(feature) ?? 0) + 1)
  }

  /** Both dialects of clients, both of vendors, streams and whole answers: eight. */
  checkCombinations(): void {
    assert.equal(this.#combinations.size, 8, [...this.#combinations].join(', '))
  }

  /** One line a client and vendor, its features by number. */
  lines(): string[] {
    return [...this.#rows].map(([name, row]) => {
      const counts = [...row].toSorted(([, left], [, right]) => right - left)
      return `${name}: ${counts.map(([feature, count]) => `${feature} ${count}`).join(', ')}`
    })
  }
}
