import type { SimulatorOptions } from '../../src/sim/options.ts'
import { seededRandom } from '../../src/sim/random.ts'
import { isRunning } from '../../src/sim/span.ts'
import { percentile } from './figures.ts'
import { scheduleCalls } from './schedule.ts'
import { isDown, type Script, vendorOptions } from './script.ts'

/** What is left over when nothing is wasted. */
export interface Ideal {
  /** Calls that no arm can have answered in time. */
  readonly lost: number
  /** ms that the calls which are not lost wait at most for their turn. */
  readonly longestWait: number
  /** ms to the answer, of those that are not lost, when no vendor ever takes longer than usual: in the order of arrival none can be below. */
  readonly p99: number
}

/**
 * Plays a script, ms by ms, against a dispatcher that knows everything: it sends in the order of arrival, never when a vendor is
 * down or at its limit, and as often as a brown-out makes necessary. What it loses says where the vendors cannot carry the load.
 */
export function playIdeal(script: Script, count: 1 | 2): Ideal {
  const { latency = 0, jitter = 0 } = script.vendors.gpt
  const patience = script.deadline - latency - jitter
  const vendors = vendorOptions(script, count).map(options => ({ options, tokens: script.limitBurst }))
  const due = scheduleCalls(script).map(({ at }) => at)
  const dueAt = (index: number): number => due[index] ?? Number.POSITIVE_INFINITY
  const random = seededRandom(script.seed)
  const taken: number[] = []
  let [lost, longestWait, next] = [0, 0, 0]
  for (let now = 0; next < due.length; now += 1) {
    for (; dueAt(next) < now - patience; next += 1) lost += 1
    for (const vendor of vendors) {
      vendor.tokens = Math.min(script.limitBurst, vendor.tokens + (script.limit / 1000) * yieldAt(vendor.options, now))
      if (isDown(vendor.options, now)) continue
      for (; vendor.tokens >= 1 && dueAt(next) <= now; next += 1) {
        vendor.tokens -= 1
        longestWait = Math.max(longestWait, now - dueAt(next))
        taken.push(now - dueAt(next) + latency + random() * jitter)
      }
    }
  }
  return { lost, longestWait, p99: percentile(taken, 0.99) }
}

/** Share of the calls that a vendor answers at that moment, of those that it takes. */
function yieldAt({ brownOuts = [] }: SimulatorOptions, now: number): number {
  return 1 - (brownOuts.find(span => isRunning(span, now))?.errorRate ?? 0)
}
