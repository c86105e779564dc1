/** Counts the requests that use something, and reports when the last one has ended. */
export class RequestCount {
  #count = 0
  #onDrained: (() => void) | undefined

  get count(): number {
    return this.#count
  }

  begin(): void {
    this.#count += 1
  }

  end(): void {
    this.#count -= 1
    if (this.#count === 0) this.#onDrained?.()
  }

  /** Calls `onDrained` when there is no request left, at once where there is none. No request may begin afterwards. */
  whenDrained(onDrained: () => void): void {
    this.#onDrained = onDrained
    if (this.#count === 0) onDrained()
  }
}
