import type { Usage } from '../../call/result.ts'
import type { Exchange } from '../../upstream/exchange.ts'
import type { Candidate, Target, Vendor, VendorKey } from '../target.ts'
import type { Health } from './health.ts'
import { type Check, type Finding, freeCheck } from './health-check.ts'
import { promptCheck } from './prompt-check.ts'

/** A vendor with health checks. */
export interface CheckedVendor extends Vendor {
  readonly health: Health
  /** The target of billed checks; free ones unless set. */
  readonly checkTarget?: Target | undefined
}

interface HealthChecksOptions {
  /** Monotonic, ms. */
  now(): number
  /** From 0 to 1. */
  random(): number
  /** `vendor.health` has changed; `illness` says why it is unhealthy. */
  onChange(vendor: CheckedVendor, illness: string | undefined): void
  onKeyRefused(vendor: CheckedVendor, key: VendorKey): void
  /** The vendor refuses the prompt with this key; called at the first refusal, and when its words change. */
  onRefusal(vendor: CheckedVendor, key: VendorKey, refusal: string): void
  /** A prompt has cost something, or may have; called for stopped ones, too. */
  onBilled(checkTarget: Target, usage: Usage): void
  /** A check has ended; `finding` is undefined where it was not sent. */
  onChecked(vendor: CheckedVendor, finding: Finding | undefined): void
}

/** Checks vendors, each at its own interval. */
export class HealthChecks {
  readonly #options: HealthChecksOptions
  #watches: readonly Watch[] = []

  constructor(options: HealthChecksOptions) {
    this.#options = options
  }

  /** Replaces the vendors that are checked. Checks that do not change keep their schedule. */
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

  /** Stops all checks, running ones too; their findings are dropped, but not their costs. */
  stop(): void {
    for (const watch of this.#watches) watch.stop()
    this.#watches = []
  }
}

interface Refusal {
  readonly secret: string | undefined
  readonly words: string
}

/** Compares the secret, as a reload may have replaced the key of this index. */
function isKnown(known: Refusal | undefined, { secret }: VendorKey, words: string): boolean {
  return known !== undefined && known.secret === secret && known.words === words
}

/** The checks of one vendor: one after the other, never two at a time. */
class Watch {
  /** May be replaced by one that `goesOnFor` accepts. */
  vendor: CheckedVendor
  readonly #options: HealthChecksOptions
  readonly #interval: number
  #timer: NodeJS.Timeout
  #running: Exchange | undefined
  #stopped = false
  #turn = -1
  /** The vendor's refusals of prompts, by the index of the key: not every key may use every model. */
  readonly #refusals = new Map<number, Refusal>()

  constructor(vendor: CheckedVendor, options: HealthChecksOptions) {
    this.vendor = vendor
    this.#options = options
    this.#interval = vendor.health.settings.interval
    // At a random moment, so that vendors are not all checked at once, nor by all gateways.
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
    const { now, onBilled, onChecked } = this.#options
    const { vendor } = this
    const startedAt = now()
    // It would wait for a connection, and the calls that use them say more than a check.
    const key = vendor.pool.full ? undefined : this.#nextKey(vendor)
    const finding = key && (await this.#run(vendor, key))
    if (vendor.checkTarget !== undefined && finding?.usage !== undefined) onBilled(vendor.checkTarget, finding.usage)
    if (this.#stopped) return
    onChecked(vendor, finding)
    if (key !== undefined && finding !== undefined) this.#report(vendor, key, finding)
    this.#timer = this.#after(Math.max(0, startedAt + this.#interval - now()))
  }

  #nextKey({ keys }: CheckedVendor): VendorKey {
    this.#turn = (this.#turn + 1) % keys.length
    return keys[this.#turn] as VendorKey
  }

  /** Undefined where the check was not sent. */
  async #run(vendor: CheckedVendor, key: VendorKey): Promise<Finding | undefined> {
    const { now } = this.#options
    let check: Check
    try {
      check = await checkFor(vendor, key)
    } catch {
      // The message of the error may hold parts of the key.
      return { illness: 'the check could not be signed' }
    }
    if (this.#stopped || !check.start(now())) return undefined
    const { exchange } = check
    this.#running = exchange
    const finding = check.read(await exchange.outcome, now())
    // All connections were in use by the time the check was signed: that says nothing about the vendor.
    return exchange.crowdedOut ? undefined : finding
  }

  #report(vendor: CheckedVendor, key: VendorKey, { illness, keyRefused, refusal }: Finding): void {
    const { onKeyRefused, onRefusal, onChange } = this.#options
    if (keyRefused) onKeyRefused(vendor, key)
    if (refusal === undefined) this.#refusals.delete(key.index)
    else if (!isKnown(this.#refusals.get(key.index), key, refusal)) {
      this.#refusals.set(key.index, { secret: key.secret, words: refusal })
      onRefusal(vendor, key, refusal)
    }
    if (vendor.health.report(illness === undefined)) onChange(vendor, illness)
  }
}

/** A billed prompt where the config names a model for it; else a free check. */
function checkFor(vendor: CheckedVendor, key: VendorKey): Promise<Check> {
  const { checkTarget, health } = vendor
  const { timeout } = health.settings
  if (checkTarget === undefined) return freeCheck(vendor, key, timeout)
  const candidate = checkTarget.candidates.find(({ key: { index } }) => index === key.index) as Candidate
  return promptCheck(candidate, timeout)
}
