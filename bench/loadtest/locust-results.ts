import { readCsv } from './csv.ts'

/** What Locust calls the sum of all calls. */
const ALL = 'Aggregated'

/** One second of a run, as Locust saw it; rates and percentiles are over the last ten seconds. */
export interface Moment {
  /** Seconds since 1970. */
  readonly at: number
  readonly users: number
  readonly requestsPerSecond: number
  readonly failuresPerSecond: number
  /** Time to the whole answer, ms; undefined while there is none. */
  readonly p50: number | undefined
  readonly p99: number | undefined
}

/** What came of one kind of call over the whole run; times are to the whole answer, ms. */
export interface Outcome {
  readonly name: string
  readonly requests: number
  readonly failures: number
  readonly p50: number
  readonly p99: number
  readonly longest: number
}

export interface LocustResults {
  readonly moments: readonly Moment[]
  readonly kinds: readonly Outcome[]
  readonly all: Outcome
  /** Why calls failed. */
  readonly failures: readonly string[]
}

/** Reads what `--csv-full-history` writes to `*_stats_history.csv`. */
export function readHistory(text: string): Moment[] {
  return readCsv(text)
    .filter(row => row.Name === ALL)
    .map(row => ({
      at: Number(row.Timestamp),
      users: Number(row['User Count']),
      requestsPerSecond: Number(row['Requests/s']),
      failuresPerSecond: Number(row['Failures/s']),
      p50: milliseconds(row['50%']),
      p99: milliseconds(row['99%']),
    }))
}

/** Reads what `--csv` writes to `*_stats.csv`: the kinds of calls, and the sum of all apart. Throws when not one call was made. */
export function readStats(text: string): { kinds: Outcome[]; all: Outcome } {
  const outcomes = readCsv(text).map(row => ({
    name: row.Name ?? '',
    requests: Number(row['Request Count']),
    failures: Number(row['Failure Count']),
    p50: Number(row['50%']),
    p99: Number(row['99%']),
    longest: Number(row['Max Response Time']),
  }))
  const all = outcomes.find(({ name }) => name === ALL)
  if (all === undefined || all.requests === 0) throw new Error('Locust made no calls')
  return { kinds: outcomes.filter(one => one !== all), all }
}

/** Why calls failed and how often, from `*_failures.csv`. */
export function readFailures(text: string): string[] {
  return readCsv(text).map(row => `${row.Name}: ${row.Error} (${row.Occurrences} times)`)
}

/** Locust says `N/A` before the first answer, and 0 when there was none lately. */
function milliseconds(cell: string | undefined): number | undefined {
  const value = Number(cell)
  return value > 0 ? value : undefined
}
