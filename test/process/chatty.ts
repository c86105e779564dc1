import { createLogger } from '../../src/logger.ts'

/** Logs far more than anybody takes, as one would whose standard output is blocked, and tells its parent what became of it. */
const { logRequest, droppedLines } = createLogger('info')
const line = { id: 'x'.repeat(200), status: 200 }
const batch = Array.from({ length: 100 }, () => line)
const before = process.memoryUsage.rss()
let slowest = 0
for (let count = 0; count < 1_000; count += 1) {
  const began = performance.now()
  logRequest(batch)
  slowest = Math.max(slowest, performance.now() - began)
  if (count % 50 === 0) await new Promise(setImmediate)
}
process.send?.({ lines: 100_000, dropped: droppedLines(), grown: process.memoryUsage.rss() - before, slowest })
