import { scheduleCalls } from './schedule.ts'
import { isDown, type Script, vendorOptions } from './script.ts'

/** What is left over when nothing is wasted. */
export interface Ideal {
  /** Calls that no arm can have answered in time. */
  readonly lost: number
  /** ms that the calls which are not lost wait at most for their turn. */
  readonly longestWait: number
}

/**
 * Plays a script against a dispatcher that knows everything: it sends in the order of arrival, never when a vendor is down or
 * at its limit, and as often as a brown-out makes necessary. What it loses says where the vendors cannot carry the load.
 */
export function playIdeal(script: Script, count: 1 | 2): Ideal {
  const vendors = vendorOptions(script, count)
  const room = script.deadline - (script.vendors.gpt.latency ?? 0) - (script.vendors.gpt.jitter ?? 0)
  const tokens = vendors.map(() => script.limitBurst)
  const calls = scheduleCalls(script)
  let [lost, longestWait, next] = [0, 0, 0]
  for (let now = 0; next < calls.length; now += 1) {
    for (const [index, vendor] of vendors.entries()) {
      tokens[index] = Math.min(script.limitBurst, (tokens[index] ?? 0) + script.limit / 1000)
      const { errorRate = 0 } = vendor.brownOuts?.find(span => now >= span.after && now < span.after + span.for) ?? {}
      const cost = 1 / (1 - errorRate)
      while (!isDown(vendor, now) && (tokens[index] ?? 0) >= cost && (calls[next]?.at ?? Infinity) <= now) {
        const wait = now - (calls[next]?.at ?? now)
        next += 1
        if (wait > room) {
          lost += 1
          continue
        }
        longestWait = Math.max(longestWait, wait)
        tokens[index] = (tokens[index] ?? 0) - cost
      }
    }
  }
  return { lost, longestWait }
}
