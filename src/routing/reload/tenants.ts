/** Counts who uses something, and tells when the last one has left. */
export class Tenants {
  #count = 0
  #vacant: (() => void) | undefined

  get count(): number {
    return this.#count
  }

  enter(): void {
    this.#count += 1
  }

  leave(): void {
    this.#count -= 1
    if (this.#count === 0) this.#vacant?.()
  }

  /** Calls `vacant` once nobody is left, at once where nobody is. Nobody may enter any more. */
  whenVacant(vacant: () => void): void {
    this.#vacant = vacant
    if (this.#count === 0) vacant()
  }
}
