import pino, { type Logger } from 'pino'

/** Lines are written together, once so many bytes have gathered... */
const BUFFER_BYTES = 8 * 1024
/** ...or this much time has passed (ms): a write for each line would cost a request more than its routing. */
const FLUSH_EVERY = 200

/** The log, on standard output, one JSON object a line. What is buffered is written when the process ends. */
export function createLogger(level: string): Logger {
  return pino(
    { level },
    pino.destination({ dest: 1, sync: false, minLength: BUFFER_BYTES, periodicFlush: FLUSH_EVERY }),
  )
}
