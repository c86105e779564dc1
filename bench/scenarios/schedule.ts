import { seededRandom } from '../../src/sim/random.ts'
import { isRunning } from '../../src/sim/span.ts'
import type { Script } from './script.ts'

/** A call that a client means to make. */
export interface PlannedCall {
  /** From 0, in the order of time. */
  readonly index: number
  /** ms since the start. */
  readonly at: number
  readonly stream: boolean
}

/** The calls of a script: they arrive at random (a Poisson process), the same for the same seed. */
export function scheduleCalls(script: Script): PlannedCall[] {
  const random = seededRandom(script.seed)
  const calls: PlannedCall[] = []
  for (let at = 0; ; ) {
    at += (-Math.log(1 - random()) / rateAt(script, at)) * 1000
    if (at >= script.length) return calls
    calls.push({ index: calls.length, at, stream: random() < script.streams })
  }
}

/** Calls a second that arrive at that moment. */
function rateAt({ bursts, burstFactor, limit, callsPerSecond }: Script, at: number): number {
  return isRunning(bursts, at) ? burstFactor * limit : callsPerSecond
}

/** What a call says; no two say the same. */
export function textOf({ index }: PlannedCall): string {
  return `What comes after ${index}?`
}
