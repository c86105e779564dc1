import type { Event } from '../call/event.ts'
import type { Loss } from '../call/loss.ts'
import type { EventWriter, Frame } from '../dialects/dialect.ts'

/** Writes a stream whose events are changed by `map` first. */
export class MappedWriter implements EventWriter {
  readonly #writer: EventWriter
  readonly #map: (event: Event) => Event

  constructor(writer: EventWriter, map: (event: Event) => Event) {
    this.#writer = writer
    this.#map = map
  }

  get losses(): readonly Loss[] {
    return this.#writer.losses
  }

  push(event: Event): Frame[] {
    return this.#writer.push(this.#map(event))
  }

  end(): Frame[] {
    return this.#writer.end()
  }
}
