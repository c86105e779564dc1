import { hash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { Json } from '../call/json.ts'
import type { Config } from './config.ts'
import { holdFixed } from './fixed.ts'
import { maskSecrets } from './mask.ts'

/** `unchanged`: what was read says what is in force. */
export type ReloadResult = 'applied' | 'refused' | 'unchanged'

export interface ReloadsOptions {
  /** What the process was started with. */
  readonly started: Config
  /** Reads the configuration. Rejects with an error whose message can be shown. */
  load(): Promise<Config>
  /** Puts one in force; rejects, with nothing changed, where that cannot be. */
  apply(config: Config): Promise<void>
  /** Told of each reload that is over. `error` says why it was refused, `restart` which sections wait for a restart. */
  onEnd(result: ReloadResult, report: { readonly error?: Error; readonly restart: readonly string[] }): void
}

/** Hex digits of the SHA-256 of a config that tell one from another. */
const VERSION_DIGITS = 12

/** Changes the config of a running process, one change at a time; what cannot be put in force leaves everything as it is. */
export class Reloads {
  readonly counts: Record<ReloadResult, number> = { applied: 0, refused: 0, unchanged: 0 }
  readonly #options: ReloadsOptions
  /** As it was read last of what could be put in force. */
  #read: Config
  #config: Config
  #restart: readonly string[] = []
  #loadedAt = new Date()
  #lastError: { readonly at: Date; readonly message: string } | undefined
  #running: Promise<void> | undefined
  #waiting: Promise<void> | undefined
  #closed = false

  constructor(options: ReloadsOptions) {
    this.#options = options
    this.#read = options.started
    this.#config = options.started
  }

  /** Reads the configuration again; settles when that is over, never rejects. Calls during a reload share one more. */
  reload(): Promise<void> {
    if (this.#closed) return Promise.resolve()
    if (this.#running === undefined) {
      this.#running = this.#reload().finally(() => {
        this.#running = undefined
      })
      return this.#running
    }
    this.#waiting ??= this.#running.then(() => {
      this.#waiting = undefined
      return this.reload()
    })
    return this.#waiting
  }

  /** From now on nothing is read; settles when the reload that is under way is over. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#running
  }

  /** What is in force, for the operator: secrets are masked. */
  describe(): { readonly [key: string]: Json } {
    return {
      version: hash('sha256', JSON.stringify(this.#config)).slice(0, VERSION_DIGITS),
      loadedAt: this.#loadedAt.toISOString(),
      lastError: this.#lastError ? { at: this.#lastError.at.toISOString(), message: this.#lastError.message } : null,
      needsRestart: this.#restart,
      config: maskSecrets(this.#config),
    }
  }

  async #reload(): Promise<void> {
    try {
      const result = await this.#take(await this.#options.load())
      this.#lastError = undefined
      this.#end(result)
    } catch (error) {
      const { message } = error as Error
      this.#lastError = { at: new Date(), message }
      this.#end('refused', error as Error)
    }
  }

  async #take(next: Config): Promise<ReloadResult> {
    if (isDeepStrictEqual(next, this.#read)) return 'unchanged'
    const { config, restart } = holdFixed(this.#options.started, next)
    // Of a large config, comparing and building take some time each: others have their turn between.
    await setImmediate()
    await this.#options.apply(config)
    this.#read = next
    this.#config = config
    this.#restart = restart
    this.#loadedAt = new Date()
    return 'applied'
  }

  #end(result: ReloadResult, error?: Error): void {
    this.counts[result] += 1
    this.#options.onEnd(result, { restart: this.#restart, ...(error && { error }) })
  }
}
