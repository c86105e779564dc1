import type { SimulatorOptions } from '../../src/sim/options.ts'
import { type Simulator, startSimulator } from '../../src/sim/simulator.ts'
import { answerQuestions, sharedNow } from './child.ts'

/** A process with the vendors of one arm. Their troubles wait for the word to start. */
const simulators: Simulator[] = []
/** An hour away: until the word comes, the time is before the start. */
let startsAt = sharedNow() + 3_600_000
let callsBefore = 0

function countCalls(): number {
  return simulators.reduce((sum, simulator) => sum + simulator.stats().calls, 0)
}

answerQuestions({
  /** Returns the vendors' addresses. */
  async open(options: readonly SimulatorOptions[]): Promise<string[]> {
    const clock = { now: () => sharedNow() - startsAt, startsAt: 0 }
    for (const vendor of options) simulators.push(await startSimulator({ ...vendor, ...clock }))
    return simulators.map(({ url }) => url)
  },
  /** Takes the moment of the start, by the shared clock. */
  start(at: number): void {
    startsAt = at
    callsBefore = countCalls()
  },
  /** Calls that have come in since the start. */
  calls: () => countCalls() - callsBefore,
})
