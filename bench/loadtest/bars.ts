import { type Bar, percent } from '../scenarios/bars.ts'
import type { Figures } from './figures.ts'

const MAX_ERROR_RATE = 0.01
const MAX_CPU = 0.7
const MAX_GROWTH = 20
const GOAL_GROWTH = 1
const MAX_OVERHEAD = 20
/** A heap that settles under a new load looks like one that grows; over less time (s) the two cannot be told apart. */
const MIN_SECONDS = 120

/** The bars, each with whether it holds; a figure that is not a number holds none, and memory has none after a short run. */
export function judge({ seconds, errorRate, cpu, busiest, memory, overhead }: Figures): Bar[] {
  const isLong = seconds >= MIN_SECONDS
  return [
    {
      promise: `errors below ${percent(MAX_ERROR_RATE)} (goal: 0)`,
      measured: percent(errorRate),
      holds: errorRate < MAX_ERROR_RATE,
    },
    {
      promise: `CPU of the gateway below ${percent(MAX_CPU)} of two cores`,
      measured: `${percent(cpu.gateway)}, ${percent(busiest)} in the busiest second`,
      holds: cpu.gateway < MAX_CPU,
    },
    {
      promise: `memory of the gateway grows by less than ${MAX_GROWTH} MB a minute (goal: ${GOAL_GROWTH})`,
      measured: `${memory.growth.toFixed(2)} MB a minute${isLong ? '' : ', too short to judge'}`,
      holds: isLong ? memory.growth < MAX_GROWTH : undefined,
    },
    {
      promise: `the gateway's own share of the time to the first byte below ${MAX_OVERHEAD} ms (p99)`,
      measured: `${overhead.toFixed(2)} ms`,
      holds: overhead < MAX_OVERHEAD,
    },
  ]
}
