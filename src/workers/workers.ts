import cluster from 'node:cluster'
import { randomBytes } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import type { Config } from '../config/config.ts'
import { BEAT_MS } from './heartbeat.ts'
import type { Listening } from './messages.ts'
import { pauseBefore, SETTLED_MS } from './pause.ts'
import { WorkerProcess } from './worker-process.ts'

interface WorkersOptions {
  readonly count: number
  readonly config: Config
  /** A worker has ended unasked; another one will be started after `pauseMs`. */
  onEnd(report: { worker: number; workerPid: number | undefined; reason: string; pauseMs: number }): void
  /** Another one answers in its place. */
  onRestart(report: { worker: number; workerPid: number | undefined }): void
  /** No worker answers any more, and one that was started cannot. */
  onLost(error: Error): void
}

/** What has to be known of a worker to start another one in its place. */
type Life = Pick<WorkerProcess, 'pid' | 'startedAt' | 'ended'>

/** The workers of this process: as many as wanted, each with its share of the limits, all with one config. */
export class Workers {
  /** How many were started in the place of one that had ended. */
  restarts = 0
  readonly #options: WorkersOptions
  readonly #opsKey = randomBytes(32).toString('base64url')
  /** Those that run, by their number. */
  readonly #running = new Map<number, WorkerProcess>()
  #config: Config
  #stopping = false

  constructor(options: WorkersOptions) {
    this.#options = options
    this.#config = options.config
  }

  /** What opens the workers' own ops listeners. */
  get opsKey(): string {
    return this.#opsKey
  }

  /** They were told to end. */
  get stopping(): boolean {
    return this.#stopping
  }

  /** Those that answer calls, by their number. */
  get answering(): WorkerProcess[] {
    const answering = [...this.#running.values()].filter(({ listening }) => listening !== undefined)
    return answering.sort((one, other) => one.number - other.number)
  }

  /**
   * Starts all, and lets them listen once all can: a gateway that is ready is whole. Rejects with the first failure;
   * call `kill` then. Rejects, with none started, where they were told to end.
   */
  async start(): Promise<Listening> {
    if (this.#stopping) throw new Error('the workers were told to end before their start')
    // The primary accepts, and gives connections to the workers in turn: docs/decisions/workers.md.
    cluster.schedulingPolicy = cluster.SCHED_RR
    // JSON would make null of undefined in lists, and of what is no finite number.
    cluster.setupPrimary({ serialization: 'advanced' })
    const all = Array.from({ length: this.#options.count }, (_, index) => this.#fork(index + 1))
    await Promise.all(all.map(({ built }) => built))
    const [listening] = await Promise.all(all.map(worker => worker.listen()))
    for (const worker of all) void this.#keep(worker)
    setInterval(() => this.#beat(), BEAT_MS)
    return listening as Listening
  }

  /** Puts a config in force in all workers. Rejects where one refuses it; then the former one is in force in all. */
  async apply(next: Config): Promise<void> {
    const former = this.#config
    // Before it is asked for: a worker that is started meanwhile begins with it.
    this.#config = next
    const refusals = await this.#tell(next)
    const [refusal] = refusals
    if (refusal === undefined) return
    this.#config = former
    await Promise.all([...this.#running.values()].map(worker => this.#putBack(worker, former)))
    throw new Error(refusal)
  }

  async #putBack(worker: WorkerProcess, former: Config): Promise<void> {
    const refusal = await worker.apply(former)
    if (refusal !== undefined) worker.fail({ message: `it cannot go back to the former config: ${refusal}` })
  }

  /** Lets all end what is under way. Rejects where one was ended by its own time limit. */
  async stop(): Promise<void> {
    this.#stopping = true
    const all = [...this.#running.values()]
    // Others have nothing under way; the signal may have ended them before they could listen to it.
    const { answering } = this
    for (const worker of all) worker.stop()
    await Promise.all(all.map(({ ended }) => ended))
    const reasons = await Promise.all(answering.map(({ ended }) => ended))
    const late = reasons.find(reason => reason !== 'code 0')
    if (late !== undefined) throw new Error(`a worker did not end well (${late})`)
  }

  kill(): void {
    this.#stopping = true
    for (const worker of this.#running.values()) worker.kill()
  }

  #beat(): void {
    for (const worker of this.answering) worker.beat()
  }

  #fork(number: number): WorkerProcess {
    const worker = new WorkerProcess(number, {
      config: this.#config,
      share: 1 / this.#options.count,
      opsKey: this.#opsKey,
    })
    this.#running.set(number, worker)
    void worker.ended.then(() => this.#running.delete(number))
    return worker
  }

  /** Why it was refused, by those who did. */
  async #tell(config: Config): Promise<string[]> {
    const answers = await Promise.all([...this.#running.values()].map(worker => worker.apply(config)))
    return answers.filter(answer => answer !== undefined)
  }

  /** Starts another one in the place of this, and of that one in turn, whenever one ends unasked. */
  async #keep(first: WorkerProcess): Promise<void> {
    const { number } = first
    let worker: Life = first
    let shortLives = 0
    while (!this.#stopping) {
      const reason = await worker.ended
      if (this.#stopping) return
      shortLives = performance.now() - worker.startedAt < SETTLED_MS ? shortLives + 1 : 0
      const pauseMs = pauseBefore(shortLives)
      this.#options.onEnd({ worker: number, workerPid: worker.pid, reason, pauseMs })
      await setTimeout(pauseMs)
      if (this.#stopping) return
      this.restarts += 1
      worker = await this.#replace(number)
    }
  }

  /** Another one with this number, once it answers calls or never will. */
  async #replace(number: number): Promise<Life> {
    const startedAt = performance.now()
    let life: Life | undefined
    try {
      const worker = this.#fork(number)
      life = worker
      await worker.built
      await worker.listen()
      this.#options.onRestart({ worker: number, workerPid: worker.pid })
    } catch (error) {
      // While others answer it is tried again: what it lacks may come back, as a Redis or a file does.
      if (!this.#stopping && this.answering.length === 0) this.#options.onLost(error as Error)
      // The system may have no room for a process just now.
      life ??= { pid: undefined, startedAt, ended: Promise.resolve((error as Error).message) }
    }
    return life
  }
}
