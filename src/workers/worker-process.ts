import cluster, { type Worker } from 'node:cluster'
import type { Config } from '../config/config.ts'
import { Heartbeat } from './heartbeat.ts'
import { type Listening, type Order, type Report, type Start, WORKER_MARK } from './messages.ts'

type ReportOf<Type extends Report['type']> = Extract<Report, { type: Type }>

/** How long a worker may take for an order, ms: one that hangs must not keep its place, or a config from the others, for ever. */
const ORDER_LIMIT = 30_000

/** What is said of a worker that is ended for it. */
const LATE = { built: 'has not started', listening: 'does not listen', applied: 'has not taken the config' }

/** One worker, as its primary sees it. One that says that it cannot serve is ended. */
export class WorkerProcess {
  /** From 1; a worker that stands in for another has its number. */
  readonly number: number
  /** When it was started, monotonic ms. */
  readonly startedAt = performance.now()
  /** Settles when the process is gone, or could not be made, with why. */
  readonly ended: Promise<string>
  /** Resolves when it could listen; rejects with the reason why it never will. */
  readonly built: Promise<unknown>
  readonly #worker: Worker
  #listening: Listening | undefined
  #orders = 0
  #failure: Error | undefined
  readonly #heartbeat = new Heartbeat()

  constructor(number: number, start: Omit<Start, 'type'>) {
    this.number = number
    this.#worker = cluster.fork({ [WORKER_MARK]: '1' })
    this.#worker.on('message', (report: Report) => {
      if (report.type === 'failed') this.fail(report)
      this.#heartbeat.heard()
    })
    this.ended = new Promise(resolve => {
      this.#worker.on('error', ({ message }: Error) => {
        // That there is no process, or else of sending to one that has just died, of which 'exit' is told.
        if (this.pid !== undefined) return
        // Its end of the channel stays open otherwise.
        if (this.#worker.isConnected()) this.#worker.process.disconnect()
        resolve(message)
      })
      this.#worker.once('exit', (code: number | null, signal: string | null) => {
        this.#listening = undefined
        resolve(this.#failure?.message ?? signal ?? `code ${code}`)
      })
    })
    // Fastify lets a plugin take 10 s more than the drain limit, and names it then.
    this.built = this.#next('built', start.config.listen.drain + ORDER_LIMIT)
    // Nobody waits for it any more where the process of another one could not even be made.
    this.built.catch(() => {})
    this.#send({ type: 'start', ...start })
  }

  get pid(): number | undefined {
    return this.#worker.process.pid
  }

  /** Undefined while it does not answer calls. */
  get listening(): Listening | undefined {
    return this.#listening
  }

  /** Once it is built. Rejects with the error of the listener, or as `built` does. */
  async listen(): Promise<Listening> {
    this.#send({ type: 'listen' })
    this.#listening = await this.#next('listening', ORDER_LIMIT)
    return this.#listening
  }

  /**
   * Resolves with the reason where the config cannot be put in force; with undefined where it is, and where the worker has died, as
   * one does that is late: the next one begins with it.
   */
  async apply(config: Config): Promise<string | undefined> {
    this.#orders += 1
    const id = this.#orders
    this.#send({ type: 'apply', id, config })
    return this.#next('applied', ORDER_LIMIT, report => report.id === id).then(
      ({ refused }) => refused,
      () => undefined,
    )
  }

  /** Asks for a sign of life; ends a worker that gives none any more. */
  beat(): void {
    if (this.#heartbeat.beat()) this.#send({ type: 'ping' })
    else this.fail({ message: 'its event loop hung' })
  }

  /** Lets calls that are under way end first; one that does not answer any yet has none. */
  stop(): void {
    if (this.#listening === undefined) this.kill()
    else this.#send({ type: 'stop' })
  }

  /** Ends it for this reason. */
  fail({ message, code, port }: Omit<ReportOf<'failed'>, 'type'>): void {
    this.#failure = Object.assign(new Error(message), { code, port })
    this.kill()
  }

  kill(): void {
    this.#worker.process.kill('SIGKILL')
  }

  #send(order: Order): void {
    if (this.#worker.isConnected()) this.#worker.send(order)
  }

  /** The next report of this kind that fits; rejects when the worker ends without it, as it does after `limit` ms. */
  async #next<Type extends keyof typeof LATE>(
    type: Type,
    limit: number,
    fits: (report: ReportOf<Type>) => boolean = () => true,
  ): Promise<ReportOf<Type>> {
    const { promise, resolve } = Promise.withResolvers<ReportOf<Type>>()
    const take = (report: Report) => {
      if (report.type === type && fits(report as ReportOf<Type>)) resolve(report as ReportOf<Type>)
    }
    this.#worker.on('message', take)
    const timer = setTimeout(() => this.fail({ message: `it ${LATE[type]} in ${limit / 1000} s` }), limit)
    try {
      return await Promise.race([promise, this.ended.then(reason => this.#endedWithout(reason))])
    } finally {
      clearTimeout(timer)
      this.#worker.off('message', take)
    }
  }

  #endedWithout(reason: string): never {
    throw this.#failure ?? new Error(`worker ${this.number} ended before it could serve (${reason})`)
  }
}
