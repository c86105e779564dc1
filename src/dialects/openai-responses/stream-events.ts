import type { Frame } from '../dialect.ts'
import type { Members } from './members.ts'

/** Makes the frames of one stream, each with its number. */
export class StreamEvents {
  #next = 0

  frame(type: string, members: Members): Frame {
    return { event: type, data: JSON.stringify({ type, ...members, sequence_number: this.#next++ }) }
  }

  /** The frames of pieces of one text: all but the piece is made once. `members` do not hold `delta`. */
  deltas(type: string, members: Members): (piece: string) => Frame {
    const head = `${JSON.stringify({ type, ...members }).slice(0, -1)},"delta":`
    return piece => ({
      event: type,
      data: `${head}${JSON.stringify(piece)},"sequence_number":${this.#next++}}`,
    })
  }
}
