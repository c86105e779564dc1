/** An item in a heap, by which it can be removed. */
export interface Spot<T> {
  readonly item: T
  readonly key: number
  /** Orders equal keys. */
  readonly turn: number
  /** Its current index; -1 once removed. */
  index: number
}

/** A binary heap: the smallest key first, equal keys in order of arrival. Adding and removing cost O(log n). */
export class Heap<T> {
  readonly #spots: Spot<T>[] = []
  #turns = 0

  get size(): number {
    return this.#spots.length
  }

  get first(): Spot<T> | undefined {
    return this.#spots[0]
  }

  add(item: T, key: number): Spot<T> {
    this.#turns += 1
    const spot: Spot<T> = { item, key, turn: this.#turns, index: this.#spots.length }
    this.#spots.push(spot)
    this.#rise(spot)
    return spot
  }

  remove(spot: Spot<T>): void {
    const { index } = spot
    if (index < 0) return
    spot.index = -1
    const last = this.#spots.pop() as Spot<T>
    if (last === spot) return
    this.#put(last, index)
    this.#rise(last)
    this.#sink(last)
  }

  #rise(spot: Spot<T>): void {
    while (spot.index > 0) {
      const above = this.#spots[(spot.index - 1) >> 1] as Spot<T>
      if (!isBefore(spot, above)) return
      this.#swap(spot, above)
    }
  }

  #sink(spot: Spot<T>): void {
    for (;;) {
      const left = this.#spots[2 * spot.index + 1]
      const right = this.#spots[2 * spot.index + 2]
      if (left === undefined) return
      const below = right !== undefined && isBefore(right, left) ? right : left
      if (!isBefore(below, spot)) return
      this.#swap(below, spot)
    }
  }

  #swap(upward: Spot<T>, downward: Spot<T>): void {
    const { index } = downward
    this.#put(downward, upward.index)
    this.#put(upward, index)
  }

  #put(spot: Spot<T>, index: number): void {
    this.#spots[index] = spot
    spot.index = index
  }
}

function isBefore<T>(one: Spot<T>, other: Spot<T>): boolean {
  return one.key === other.key ? one.turn < other.turn : one.key < other.key
}
