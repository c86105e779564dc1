import { type Bar, percent } from '../scenarios/bars.ts'
import type { Census } from './census.ts'
import { CONCURRENCY, DIRECT } from './gateway-config.ts'
import type { Plan } from './plan.ts'
import type { Run } from './run.ts'
import type { Tally } from './users.ts'

/** Living heap may differ by either. */
const HEAP_SHARE = 0.05
const HEAP_BYTES = 2e6
/** In less (s) the code itself is still being compiled and optimised, which looks like a leak. */
const MIN_SECONDS = 300

/** Must be zero at the end. */
const NONE: readonly (readonly [keyof Census, string])[] = [
  ['fromClients', 'connections of clients'],
  ['inflight', 'requests in flight (`sluice_inflight`)'],
  ['queued', 'requests in queues (`sluice_queue_depth`)'],
  ['limitKeys', 'slots held and buckets not full, in Redis'],
  ['warnings', 'warnings of Node, such as of too many listeners'],
]

/** Must not be more at the end than at the start. */
const NO_MORE: readonly (readonly [keyof Census, string])[] = [
  ['toVendors', 'connections to vendors'],
  ['descriptors', 'open descriptors'],
  ['timers', 'timers'],
  ['resources', 'resources that keep the event loop going'],
  ['listeners', 'listeners of the process'],
]

/** The bars, each with whether it holds. */
export function judge({ start, end, reloads, bursts }: Run, { length }: Plan): Bar[] {
  return [
    judgeHeap(start, end, length >= MIN_SECONDS),
    ...NONE.map(([name, promise]) => ({
      promise: `no ${promise}`,
      measured: String(end[name]),
      holds: end[name] === 0,
    })),
    ...NO_MORE.map(([name, promise]) => ({
      promise: `no more ${promise} than at the start`,
      measured: `${start[name]}, then ${end[name]}`,
      holds: end[name] <= start[name],
    })),
    {
      promise: 'no breakers but those of the targets (`sluice_breaker_state`; those that were ever open)',
      measured: `${end.breakers} of ${DIRECT.length}`,
      holds: end.breakers <= DIRECT.length,
    },
    ...bursts.map(judgeBurst),
    {
      promise: 'every change of the configuration was put in force',
      measured: `${reloads.applied} of ${reloads.asked}`,
      holds: reloads.applied === reloads.asked,
    },
  ]
}

function judgeHeap({ heap: before }: Census, { heap: after }: Census, isLong: boolean): Bar {
  const growth = after - before
  return {
    promise: `living heap within ${percent(HEAP_SHARE)} or ${HEAP_BYTES / 1e6} MB of the start`,
    measured: `${megabytes(before)}, then ${megabytes(after)}${isLong ? '' : ', too short to judge'}`,
    holds: isLong ? growth <= Math.max(HEAP_BYTES, before * HEAP_SHARE) : undefined,
  }
}

function judgeBurst(tally: Tally, index: number): Bar {
  return {
    promise: `all ${CONCURRENCY} slots of the caller and of ${DIRECT[index]} are free: as many calls at once are served`,
    measured: tally.ok === CONCURRENCY ? String(CONCURRENCY) : JSON.stringify(tally),
    holds: tally.ok === CONCURRENCY,
  }
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(2)} MB`
}
