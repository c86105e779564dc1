/** The entry of a key, created by `create` when it is not there yet. */
export function getOrCreate<K, T>(entries: Map<K, T>, key: K, create: () => T): T {
  let entry = entries.get(key)
  if (entry === undefined) {
    entry = create()
    entries.set(key, entry)
  }
  return entry
}
