type Listener = () => void

/** Says that something changed, to whoever waits for it; costs nothing while nobody does. */
export class Signal {
  readonly #listeners: Listener[] = []

  /** Returns how to stop listening. */
  subscribe(listener: Listener): () => void {
    this.#listeners.push(listener)
    return () => {
      const place = this.#listeners.indexOf(listener)
      if (place >= 0) this.#listeners.splice(place, 1)
    }
  }

  emit(): void {
    for (const listener of this.#listeners) listener()
  }
}
