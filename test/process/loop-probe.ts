/**
 * Preloaded into a gateway (NODE_OPTIONS=--import): how long its event loop was kept from a timer that was due every 10 ms. Counted in
 * CPU time of the main thread: on a machine with neighbours the loop is late by what they take, which is no fault of ours. At
 * the exit it is written to the file that LOOP_PROBE names.
 */
import { writeFileSync } from 'node:fs'

/** ms since 1970 when the timer fired, and CPU time (ms) since it fired before. */
export type Gap = readonly [at: number, cpu: number]

const INTERVAL = 10

const gaps: Gap[] = []
let before = used()

function used(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

setInterval(() => {
  const now = used()
  gaps.push([performance.timeOrigin + performance.now(), now - before])
  before = now
}, INTERVAL).unref()

process.once('exit', () => writeFileSync(process.env.LOOP_PROBE ?? '', JSON.stringify(gaps)))
