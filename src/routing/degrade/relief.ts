import type { Queue } from '../queue/queue.ts'
import type { Ladder } from './ladder.ts'
import { type Pressed, pressureOn } from './pressure.ts'
import type { Step } from './steps.ts'

/** The steps that a model takes under lasting pressure. */
export class Relief {
  readonly ladder: Ladder
  readonly #steps: readonly Step[]
  readonly #targets: readonly Pressed[]
  readonly #queue: Queue | undefined

  /** `steps` in the order in which they are taken; `targets` and `queue` are those of the model. */
  constructor(ladder: Ladder, steps: readonly Step[], targets: readonly Pressed[], queue: Queue | undefined) {
    this.ladder = ladder
    this.#steps = steps
    this.#targets = targets
    this.#queue = queue
  }

  /** From this pressure on, 0..1, a step is due. */
  get pressure(): number {
    return this.ladder.settings.pressure
  }

  /** The steps that are taken at `now` (ms, monotonic). */
  due(now: number): readonly Step[] {
    const count = this.ladder.steps(pressureOn(this.#targets, this.#queue, now), now)
    return count === 0 ? [] : this.#steps.slice(0, count)
  }
}
