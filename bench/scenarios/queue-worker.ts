import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { seededRandom } from '../../src/sim/random.ts'
import { type Caller, Failure, type FailureKind } from './caller.ts'
import { answerQuestions, sharedNow } from './child.ts'
import { createHttpCaller } from './http-caller.ts'
import { type Batch, CALLS, type Entry, fieldsOf, GROUP, KEPT_REPLIES, REPLIES } from './queue.ts'
import type { PlannedCall } from './schedule.ts'

export interface WorkerSettings {
  readonly name: string
  readonly redis: string
  /** The worker's own vendor first; the next ones are for retries. */
  readonly vendors: readonly string[]
  /** Calls under way at most. */
  readonly concurrency: number
  readonly seed: number
}

const FIRST_PAUSE = 250
const LONGEST_PAUSE = 4000

/** Takes calls out of the queue, makes them, and sends back what came; again after a failure, until the call has expired. */
class Worker {
  readonly #settings: WorkerSettings
  readonly #callers: readonly Caller[]
  readonly #random: () => number
  readonly #reader: Redis
  readonly #writer: Redis
  #running = 0
  #onRoom: () => void = () => {}

  constructor(settings: WorkerSettings) {
    this.#settings = settings
    this.#callers = settings.vendors.map(origin => createHttpCaller(origin, 'gpt'))
    this.#random = seededRandom(settings.seed)
    this.#reader = new Redis(settings.redis)
    this.#writer = new Redis(settings.redis, { enableAutoPipelining: true })
  }

  async open(): Promise<void> {
    await this.#reader.xgroup('CREATE', CALLS, GROUP, '0', 'MKSTREAM').catch((error: Error) => {
      if (!error.message.startsWith('BUSYGROUP')) throw error
    })
    void this.#work()
  }

  async #work(): Promise<void> {
    const { name, concurrency } = this.#settings
    for (;;) {
      const room = concurrency - this.#running
      if (room === 0) {
        await new Promise<void>(resolve => {
          this.#onRoom = resolve
        })
        continue
      }
      const options = ['GROUP', GROUP, name, 'COUNT', room, 'BLOCK', 0, 'STREAMS', CALLS, '>'] as const
      const batch = (await this.#reader.xreadgroup(...options)) as Batch
      for (const entry of batch?.[0]?.[1] ?? []) void this.#take(entry)
    }
  }

  async #take(entry: Entry): Promise<void> {
    this.#running += 1
    const { call: text = '', expires } = fieldsOf(entry)
    const call = JSON.parse(text) as PlannedCall
    const failure = await this.#make(call, Number(expires))
    this.#reply(call, failure === undefined ? [] : ['failure', failure])
    void this.#writer.xack(CALLS, GROUP, entry[0])
    void this.#writer.xdel(CALLS, entry[0])
    this.#running -= 1
    this.#onRoom()
  }

  /** Returns how the call failed in the end. */
  async #make(call: PlannedCall, expires: number): Promise<FailureKind | undefined> {
    for (let attempt = 0; ; attempt += 1) {
      const left = expires - sharedNow()
      if (left <= 0) return 'late'
      let begun = false
      try {
        const caller = this.#callers[attempt % this.#callers.length] as Caller
        await caller(call, new AbortController().signal, piece => {
          begun = true
          this.#reply(call, ['piece', piece])
        })
        return undefined
      } catch (error) {
        if (begun) return 'broken'
        await sleep(this.#pause(attempt, error))
      }
    }
  }

  /** ms to wait after a failure: what the vendor asks for, or up to twice as long each time, at random. */
  #pause(attempt: number, error: unknown): number {
    if (error instanceof Failure && error.retryAfter !== undefined) return error.retryAfter * 1000
    return this.#random() * Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** attempt)
  }

  #reply({ index }: PlannedCall, fields: readonly string[]): void {
    void this.#writer.xadd(REPLIES, 'MAXLEN', '~', KEPT_REPLIES, '*', 'index', index, ...fields)
  }
}

answerQuestions({ open: (settings: WorkerSettings) => new Worker(settings).open() })
