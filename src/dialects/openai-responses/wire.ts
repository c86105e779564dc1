import type { Members, ObjectReader } from './members.ts'

/** Takes members that are form only, as the note `$wire`: written back, never a loss. */
export function takeWire(reader: ObjectReader, names: readonly string[]): Members {
  return { $wire: reader.takeEach(names) }
}
