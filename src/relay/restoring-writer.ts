import type { Event } from '../call/event.ts'
import type { Loss } from '../call/loss.ts'
import { type MadeNames, restoreName } from '../call/tool-words.ts'
import type { EventWriter, Frame } from '../dialects/dialect.ts'

/** Writes a stream in which the tools have the client's own names again. */
export class RestoringWriter implements EventWriter {
  readonly #writer: EventWriter
  readonly #names: MadeNames

  constructor(writer: EventWriter, names: MadeNames) {
    this.#writer = writer
    this.#names = names
  }

  get losses(): readonly Loss[] {
    return this.#writer.losses
  }

  push(event: Event): Frame[] {
    return this.#writer.push(restoreName(event, this.#names))
  }

  end(): Frame[] {
    return this.#writer.end()
  }
}
