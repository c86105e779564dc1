import type { Exchange } from '../../upstream/exchange.ts'
import type { Vendor, VendorKey } from '../target.ts'
import type { Health } from './health.ts'
import { checkOf, type Finding, readCheck } from './health-check.ts'

/** A vendor whose config asks for checks. */
export interface CheckedVendor extends Vendor {
  readonly health: Health
}

/** Who wants to hear of what, and the clocks. */
export interface HealthChecksOptions {
  /** Monotonic, ms. */
  now(): number
  /** From 0 to 1. */
  random(): number
  /** `vendor.health` has changed; `illness` says why it is not well. */
  onChange(vendor: CheckedVendor, illness: string | undefined): void
  onKeyRefused(vendor: CheckedVendor, key: VendorKey): void
}

/** Asks vendors how they are, each at its own interval. */
export class HealthChecks {
  readonly #options: HealthChecksOptions
  #watches: readonly Watch[] = []

  constructor(options: HealthChecksOptions) {
    this.#options = options
  }

  /** From now on these are checked, and nobody else. Checks that go on as they did keep their times. */
  watch(vendors: readonly CheckedVendor[]): void {
    const former = new Set(this.#watches)
    this.#watches = vendors.map(vendor => {
      const known = [...former].find(watch => watch.goesOnFor(vendor))
      if (known === undefined) return new Watch(vendor, this.#options)
      former.delete(known)
      known.vendor = vendor
      return known
    })
    for (const watch of former) watch.stop()
  }

  /** Ends all checks, those under way too; what they would have found is forgotten. */
  stop(): void {
    for (const watch of this.#watches) watch.stop()
    this.#watches = []
  }
}

/** The checks of one vendor: one after the other, never two at a time. */
class Watch {
  /** May be replaced by one for which it goes on. */
  vendor: CheckedVendor
  readonly #options: HealthChecksOptions
  readonly #interval: number
  #timer: NodeJS.Timeout
  #running: Exchange | undefined
  #stopped = false
  #turn = -1

  constructor(vendor: CheckedVendor, options: HealthChecksOptions) {
    this.vendor = vendor
    this.#options = options
    this.#interval = vendor.health.settings.interval
    // Begun somewhere in the interval, so that neither vendors nor gateways are checked all in one moment.
    this.#timer = this.#after(options.random() * this.#interval)
  }

  goesOnFor({ health }: CheckedVendor): boolean {
    return health === this.vendor.health && health.settings.interval === this.#interval
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
    this.#running?.abort({ type: 'failed', kind: 'cancelled', reason: 'the check was stopped' })
  }

  #after(ms: number): NodeJS.Timeout {
    return setTimeout(() => void this.#check(), ms).unref()
  }

  async #check(): Promise<void> {
    const { now } = this.#options
    const { keys, health, pool } = this.vendor
    const startedAt = now()
    // It would wait for a connection; and who answers so many calls is known by them.
    if (pool.full) {
      this.#timer = this.#after(this.#interval)
      return
    }
    this.#turn = (this.#turn + 1) % keys.length
    const key = keys[this.#turn] as VendorKey
    const finding = await this.#ask(key)
    if (this.#stopped) return
    if (finding.keyRefused) this.#options.onKeyRefused(this.vendor, key)
    if (health.report(finding.illness === undefined)) this.#options.onChange(this.vendor, finding.illness)
    this.#timer = this.#after(Math.max(0, startedAt + this.#interval - now()))
  }

  async #ask(key: VendorKey): Promise<Finding> {
    try {
      const exchange = await checkOf(this.vendor, key, this.vendor.health.settings.timeout)
      if (this.#stopped) return {}
      this.#running = exchange
      exchange.start()
      return readCheck(this.vendor, key, await exchange.outcome, this.#options.now())
    } catch {
      // Its words may hold anything of the key.
      return { illness: 'the check could not be signed' }
    }
  }
}
