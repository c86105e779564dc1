import type { Json } from '../../call/json.ts'
import type { Members, ObjectReader } from './members.ts'

/** Takes members that are form only, as the note `$wire`: written back, never a loss. */
export function takeWire(reader: ObjectReader, names: readonly string[]): Members {
  const entries = names.map((name): [string, Json | undefined] => [name, reader.take(name)])
  return { $wire: Object.fromEntries(entries.filter((entry): entry is [string, Json] => entry[1] !== undefined)) }
}
