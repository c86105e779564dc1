import type { Event } from '../call/event.ts'
import type { Loss } from '../call/loss.ts'
import type { EventWriter, Frame } from '../dialects/dialect.ts'

/** Writes a stream whose signatures bear the mark of their maker; `mark` puts it on. */
export class MarkingWriter implements EventWriter {
  readonly #writer: EventWriter
  readonly #mark: (event: Event) => Event

  constructor(writer: EventWriter, mark: (event: Event) => Event) {
    this.#writer = writer
    this.#mark = mark
  }

  get losses(): readonly Loss[] {
    return this.#writer.losses
  }

  push(event: Event): Frame[] {
    return this.#writer.push(this.#mark(event))
  }

  end(): Frame[] {
    return this.#writer.end()
  }
}
