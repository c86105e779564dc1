import { setImmediate } from 'node:timers/promises'
import { createLogger } from '../../src/logger.ts'

/** One of several processes that log to one pipe, faster than it is read. */
const { logRequest } = createLogger('info', { amongOthers: true })
for (let count = 0; count < 400; count += 1) {
  logRequest(Array.from({ length: 20 }, (_, index) => ({ text: String(index).repeat(300) })))
  await setImmediate()
}
