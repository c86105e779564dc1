import type { Usage } from '../../call/result.ts'
import type { Exchange } from '../../upstream/exchange.ts'
import type { Candidate, Target, Vendor, VendorKey } from '../target.ts'
import type { Health } from './health.ts'
import { type Check, type Finding, freeCheck } from './health-check.ts'
import { promptCheck } from './prompt-check.ts'

/** A vendor whose config asks for checks. */
export interface CheckedVendor extends Vendor {
  readonly health: Health
  /** Who gets the prompts, where checks are to be such. */
  readonly asked?: Target | undefined
}

/** Who wants to hear of what, and the clocks. */
interface HealthChecksOptions {
  /** Monotonic, ms. */
  now(): number
  /** From 0 to 1. */
  random(): number
  /** `vendor.health` has changed; `illness` says why it is not well. */
  onChange(vendor: CheckedVendor, illness: string | undefined): void
  onKeyRefused(vendor: CheckedVendor, key: VendorKey): void
  /** The vendor does not take the prompt with this key; called when that begins, and when what it says changes. */
  onRefusal(vendor: CheckedVendor, key: VendorKey, refusal: string): void
  /** A prompt has cost something, or may have; told of those that were stopped, too. */
  onBilled(asked: Target, usage: Usage): void
  /** A check has ended; `finding` is undefined where it was due and not sent. */
  onChecked(vendor: CheckedVendor, finding: Finding | undefined): void
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

  /** Ends all checks, those under way too; what they would have found is forgotten, but not what they cost. */
  stop(): void {
    for (const watch of this.#watches) watch.stop()
    this.#watches = []
  }
}

interface Refusal {
  readonly secret: string | undefined
  readonly words: string
}

/** A reload may have put another key in the place of the one that was refused. */
function isKnown(known: Refusal | undefined, { secret }: VendorKey, words: string): boolean {
  return known !== undefined && known.secret === secret && known.words === words
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
  /** What the vendor says of prompts that it does not take, by the index of the key: not every key may ask every model. */
  readonly #refusals = new Map<number, Refusal>()

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
    const { now, onBilled, onChecked } = this.#options
    const { vendor } = this
    const startedAt = now()
    // It would wait for a connection, and so many calls say more than a check.
    const key = vendor.pool.full ? undefined : this.#nextKey(vendor)
    const finding = key && (await this.#ask(vendor, key))
    if (vendor.asked !== undefined && finding?.usage !== undefined) onBilled(vendor.asked, finding.usage)
    if (this.#stopped) return
    onChecked(vendor, finding)
    if (key !== undefined && finding !== undefined) this.#tell(vendor, key, finding)
    this.#timer = this.#after(Math.max(0, startedAt + this.#interval - now()))
  }

  #nextKey({ keys }: CheckedVendor): VendorKey {
    this.#turn = (this.#turn + 1) % keys.length
    return keys[this.#turn] as VendorKey
  }

  /** Undefined where the check was not sent. */
  async #ask(vendor: CheckedVendor, key: VendorKey): Promise<Finding | undefined> {
    const { now } = this.#options
    let check: Check
    try {
      check = await checkFor(vendor, key)
    } catch {
      // Its words may hold anything of the key.
      return { illness: 'the check could not be signed' }
    }
    if (this.#stopped || !check.start(now())) return undefined
    const { exchange } = check
    this.#running = exchange
    const finding = check.read(await exchange.outcome, now())
    // All connections were taken while the check was signed: that says nothing of the vendor.
    return exchange.crowdedOut ? undefined : finding
  }

  #tell(vendor: CheckedVendor, key: VendorKey, { illness, keyRefused, refusal }: Finding): void {
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

/** A prompt where the config names a model for it; else what costs nothing. */
function checkFor(vendor: CheckedVendor, key: VendorKey): Promise<Check> {
  const { asked, health } = vendor
  const { timeout } = health.settings
  if (asked === undefined) return freeCheck(vendor, key, timeout)
  const candidate = asked.candidates.find(({ key: { index } }) => index === key.index) as Candidate
  return promptCheck(candidate, timeout)
}
