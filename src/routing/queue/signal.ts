type Listener = () => void

/** Notifies subscribers of a change; costs nothing without any. */
export class Signal {
  readonly #listeners: Listener[] = []

  /** Returns a function that unsubscribes. */
  subscribe(listener: Listener): () => void {
    this.#listeners.push(listener)
    return () => {
      const index = this.#listeners.indexOf(listener)
      if (index >= 0) this.#listeners.splice(index, 1)
    }
  }

  emit(): void {
    for (const listener of this.#listeners) listener()
  }
}
