import { table } from '../../bench/report.ts'

/** A column of a table: its title, and which recordings it counts. */
export type Feature<Recorded> = readonly [title: string, isAbout: (recording: Recorded) => boolean]

/** What has passed: which recordings, by client. */
export class Tally<Recorded extends { readonly id: string }> {
  readonly #passed = new Map<string, Set<Recorded>>()

  add(client: string, recording: Recorded): void {
    this.#passed.set(client, this.of(client).add(recording))
  }

  of(client: string): Set<Recorded> {
    return this.#passed.get(client) ?? new Set()
  }

  /** Names of the recordings that have passed with any client. */
  get ids(): ReadonlySet<string> {
    return new Set(Array.from(this.#passed.values(), passed => Array.from(passed, ({ id }) => id)).flat())
  }

  /** A client's table: vendor x feature; `recordings` are all that should have passed, in rows by `rowOf`. */
  table(
    client: string,
    recordings: readonly Recorded[],
    rowOf: (recording: Recorded) => string,
    features: readonly Feature<Recorded>[],
  ): string {
    const passed = this.of(client)
    const lines = Array.from(Map.groupBy(recordings, rowOf), ([row, own]) => [
      row,
      ...features.map(([, isAbout]) => cell(own.filter(isAbout), passed)),
    ])
    return table(['vendor', ...features.map(([title]) => title)], lines)
  }
}

function cell<Recorded>(recordings: readonly Recorded[], passed: ReadonlySet<Recorded>): string {
  const count = recordings.filter(recording => passed.has(recording)).length
  if (recordings.length === 0) return '-'
  return count === recordings.length ? String(count) : `${count}/${recordings.length}`
}
