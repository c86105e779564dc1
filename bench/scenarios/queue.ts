/** What clients and workers of the queue arm agree on: the names of the streams in Redis, and their fields. */
export const CALLS = 'calls'
export const REPLIES = 'replies'
export const GROUP = 'workers'

/** Replies that are kept at least; a client that is this far behind has other troubles. */
export const KEPT_REPLIES = 10_000

/** One entry of a stream: its id, and names and values by turns. */
export type Entry = readonly [id: string, fields: readonly string[]]
/** What XREAD and XREADGROUP return: entries by stream, or null when none came in time. */
export type Batch = readonly (readonly [stream: string, entries: readonly Entry[]])[] | null

/** The values of an entry, by their names. */
export function fieldsOf([, fields]: Entry): Readonly<Record<string, string>> {
  const pairs = Array.from({ length: fields.length / 2 }, (_, index) => [fields[index * 2], fields[index * 2 + 1]])
  return Object.fromEntries(pairs)
}
