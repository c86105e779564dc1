import { performance } from 'node:perf_hooks'
import type { FastScalar } from './fast-scalar.ts'

/** Collects the share of the time since it last did in which the event loop had something to do. */
export function utilizationSinceLast(): (gauge: FastScalar) => void {
  let last = performance.eventLoopUtilization()
  return gauge => {
    const now = performance.eventLoopUtilization()
    gauge.set({}, performance.eventLoopUtilization(now, last).utilization)
    last = now
  }
}
