import fs from 'node:fs'
import { hostname } from 'node:os'
import pino, { type Logger } from 'pino'

/** Lines are written together, once so many bytes have gathered, at most so many at a time, by another thread: waking that costs more than writing... */
const ALONE = { minLength: 30 * 1024, maxWrite: 32 * 1024 }
/** ...where other processes write to the same pipe so few that none of theirs comes between (PIPE_BUF, pipe(7); less on macOS)... */
const AMONG_OTHERS = { minLength: 3 * 1024, maxWrite: 4 * 1024 }
/** ...or this much time has passed (ms): a write for each line would cost a request more than its routing. */
const FLUSH_EVERY = 200

/** Where nobody takes the lines, so many bytes wait; what comes then is dropped and counted, for memory is worth more than a log (C18). */
const MOST_WAITING = 8 * 1024 * 1024

/** How long the last flush waits for a full pipe, ms. */
const LAST_FLUSH = 1000

/** Takes the lines of requests that ended together, one object each. */
export type RequestLog = (lines: readonly Readonly<Record<string, unknown>>[]) => void

interface LoggerOptions {
  /** Other processes write to the same standard output: lines must not be torn by theirs. */
  readonly amongOthers?: boolean
}

interface CreatedLogger {
  readonly logger: Logger
  readonly logRequest: RequestLog
  /** How many lines nobody took. */
  readonly droppedLines: () => number
}

/**
 * The log, on standard output, one JSON object a line; what is buffered is written when the process ends. `logRequest` writes
 * the same lines as `logger.info(line, 'request')` at a seventh of the cost: nothing in them needs serializers or redaction.
 */
export function createLogger(level: string, { amongOthers = false }: LoggerOptions = {}): CreatedLogger {
  const destination = pino.destination({
    dest: 1,
    sync: false,
    ...(amongOthers ? AMONG_OTHERS : ALONE),
    maxLength: MOST_WAITING,
    periodicFlush: FLUSH_EVERY,
  })
  outlive(destination)
  let dropped = 0
  destination.on('drop', (text: string) => {
    dropped += text.split('\n').length - 1
  })
  const logger = pino({ level }, destination)
  const droppedLines = () => dropped
  if (!logger.isLevelEnabled('info')) return { logger, logRequest: () => {}, droppedLines }
  const fixed = `"pid":${process.pid},"hostname":${JSON.stringify(hostname())}`
  return {
    logger,
    droppedLines,
    logRequest: lines => {
      const head = `{"level":${pino.levels.values.info},"time":${Date.now()},${fixed},`
      let text = ''
      for (const line of lines) {
        text += `${head}${JSON.stringify(line).slice(1, -1)},"msg":"request"}\n`
        // The destination puts together what fits into one write, and does not take apart what does not.
        if (amongOthers) {
          destination.write(text)
          text = ''
        }
      }
      if (text !== '') destination.write(text)
    },
  }
}

/**
 * A log that cannot be written, as on a full disk or a pipe that nobody reads any more, ends nobody's calls: what waits is tried
 * again with what comes. Pino itself would throw, or drop lines uncounted; and its last flush would try for ever.
 */
function outlive(destination: ReturnType<typeof pino.destination>): void {
  let failing = false
  destination.removeAllListeners('error')
  destination.on('error', () => {
    failing = true
  })
  destination.on('write', () => {
    failing = false
  })
  const flush = destination.flushSync
  destination.flushSync = () => {
    if (!failing) boundWrites(() => flush.call(destination), destination)
  }
}

/**
 * Pino's last flush retries for ever what cannot be written and has no option to stop it. So lines that cannot be written (on a full
 * pipe: not in time) are reported to it as written, and dropped.
 */
function boundWrites(flush: () => void, destination: ReturnType<typeof pino.destination>): void {
  const { writeSync } = fs
  const end = performance.now() + LAST_FLUSH
  fs.writeSync = ((fd: number, text: string) => {
    try {
      return writeSync(fd, text)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN' && performance.now() < end) throw error
      destination.emit('drop', text)
      return Buffer.byteLength(text)
    }
  }) as typeof writeSync
  try {
    flush()
  } finally {
    fs.writeSync = writeSync
  }
}

/** For loggers that are not ours: a line at a time. */
export function logEach(log: Pick<Logger, 'info'>): RequestLog {
  return lines => {
    for (const line of lines) log.info(line, 'request')
  }
}
