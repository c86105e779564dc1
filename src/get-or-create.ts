/** What is kept under a key; made at the first asking. */
export function kept<K, T>(things: Map<K, T>, key: K, make: () => T): T {
  let thing = things.get(key)
  if (thing === undefined) {
    thing = make()
    things.set(key, thing)
  }
  return thing
}
