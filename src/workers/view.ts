import type { Json, JsonObject } from '../call/json.ts'
import { InvalidRequest } from '../errors.ts'
import { type Asked, askWorker } from './ask.ts'
import { type Families, Totals } from './totals.ts'
import type { WorkerProcess } from './worker-process.ts'
import type { Workers } from './workers.ts'

/** Scrapers wait for 10 s unless told otherwise; a worker that hangs must not hide the others. */
const PATIENCE_MS = 2_000

/** Routes of a worker's own ops listener: what it has counted, and how its targets stand. */
const SAMPLES = '/worker/metrics'
const TARGETS = '/admin/v1/targets'

/** What the operator is shown of all workers. */
export class View {
  readonly #workers: Workers
  readonly #totals = new Totals()

  constructor(workers: Workers) {
    this.#workers = workers
  }

  /** A worker's process is gone. */
  depart(pid: number | undefined): void {
    if (pid !== undefined) this.#totals.depart(pid)
  }

  /** Prometheus' text. One that does not answer in time, or with an error, is shown as it was last. */
  async metrics(own: Families): Promise<string> {
    await this.#askAll<Families>(SAMPLES, (worker, families) => {
      // It may have ended meanwhile, and then it has departed.
      if (worker.pid !== undefined && worker.listening !== undefined) this.#totals.note(worker.pid, families)
    })
    return this.#totals.text(own)
  }

  /** The targets as each worker sees them, with its number; without those that do not answer in time. */
  async targets(): Promise<JsonObject> {
    const targets: Json[] = []
    await this.#askAll<{ targets: JsonObject[] }>(TARGETS, ({ number }, answer) => {
      targets.push(...answer.targets.map(target => ({ worker: number, ...target })))
    })
    return { targets }
  }

  /** What one worker answers: `wanted`, as a query names it, or the first. Throws InvalidRequest for one that does not answer calls. */
  ask(wanted: unknown, target: string, signal: AbortSignal): Promise<Asked> {
    const { answering, opsKey } = this.#workers
    const worker = wanted === undefined ? answering[0] : answering.find(({ number }) => String(number) === wanted)
    if (worker !== undefined) return askWorker(worker, opsKey, target, signal)
    const numbers = answering.map(({ number }) => number).join(', ')
    throw InvalidRequest(
      { param: 'worker' },
      `worker must be the number of one that answers: ${numbers || 'none does'}.`,
    )
  }

  /** In the order of the workers. */
  async #askAll<Answer>(path: string, take: (worker: WorkerProcess, answer: Answer) => void): Promise<void> {
    const { answering, opsKey } = this.#workers
    const asked = answering.map(async worker => {
      const { status, body } = await askWorker(worker, opsKey, path, AbortSignal.timeout(PATIENCE_MS))
      if (status !== 200) {
        await body.dump()
        throw new Error(`worker ${worker.number} answered ${path} with ${status}`)
      }
      return { worker, answer: (await body.json()) as Answer }
    })
    for (const outcome of await Promise.allSettled(asked)) {
      if (outcome.status === 'fulfilled') take(outcome.value.worker, outcome.value.answer)
    }
  }
}
