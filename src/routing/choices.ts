import { isRefusal, type Permit, type Refusal } from './gate.ts'
import type { Candidate, Target } from './target.ts'

/** A candidate that may be tried now, with the permit for it. */
export interface Choice {
  readonly candidate: Candidate
  readonly permit: Permit
}

const NONE_LEFT: Refusal = { reason: 'failing', waitMs: 1 }

/** The candidates that one request may still be sent to, best first. One that failed is not tried again (C7). */
export class Choices {
  readonly #all: readonly Candidate[]
  readonly #tokens: number
  #left: readonly Candidate[]
  #untouched = true
  /** A healthy candidate has failed, so not all are unhealthy. */
  #healthyFailed = false

  /** `tokens` is an estimate of what the request will cost. */
  constructor(targets: readonly Target[], tokens = 0) {
    const left: Candidate[] = []
    for (const target of targets) left.push(...inTurn(target))
    this.#all = left
    this.#tokens = tokens
    this.#left = left
  }

  /** No candidate has failed yet: the request has the choices of any new one. */
  get untouched(): boolean {
    return this.#untouched
  }

  /** The targets that have not failed. */
  get unfailed(): readonly Target[] {
    return [...new Set(this.#left.map(({ target }) => target))]
  }

  /** All candidates have failed. */
  get exhausted(): boolean {
    return this.#left.length === 0
  }

  /** There was only one target from the start. */
  get single(): boolean {
    const [first] = this.#all
    return this.#all.every(({ target }) => target === first?.target)
  }

  /** Allows those that failed again. */
  restore(): void {
    this.#left = this.#all
  }

  /**
   * The first candidate, not of the target `except`, that may be tried at `now`; else the refusal with the shortest wait, a `limited`
   * one before a `failing` one. Unhealthy ones are tried only where no healthy one can be relied on and their config allows it. Those
   * without a free connection come last.
   */
  next(now: number, except?: Target): Choice | Refusal {
    const left = freeFirst(except === undefined ? this.#left : this.#left.filter(({ target }) => target !== except))
    const found = this.#firstOf(left, isHealthy, now)
    if (found !== undefined && (!isRefusal(found) || found.reason === 'limited')) return found
    if (this.#healthyFailed) return found ?? untilChecked(left)
    return this.#firstOf(left, isLastResort, now, found) ?? untilChecked(left)
  }

  /** Excludes a candidate that failed; with all keys of its target, unless the failure was of that key alone. */
  exclude(failed: Candidate, ofKey: boolean): void {
    this.#untouched = false
    if (isHealthy(failed)) this.#healthyFailed = true
    this.#left = this.#left.filter(candidate => candidate !== failed && (ofKey || candidate.target !== failed.target))
  }

  #firstOf(
    candidates: readonly Candidate[],
    fits: (candidate: Candidate) => boolean,
    now: number,
    best?: Refusal,
  ): Choice | Refusal | undefined {
    for (const candidate of candidates) {
      if (!fits(candidate)) continue
      const answer = candidate.gate.admit(now, this.#tokens)
      if (!isRefusal(answer)) return { candidate, permit: answer }
      if (best === undefined || isBetter(answer, best)) best = answer
    }
    return best
  }
}

/** The keys of a target, round robin: each request begins with the next one, which spreads the load over the limits of the keys. */
function inTurn(target: Target): readonly Candidate[] {
  const { candidates } = target
  if (candidates.length === 1) return candidates
  target.turn = (target.turn + 1) % candidates.length
  return [...candidates.slice(target.turn), ...candidates.slice(0, target.turn)]
}

/** A call to a vendor without a free connection would wait for one while others could answer. */
function freeFirst(candidates: readonly Candidate[]): readonly Candidate[] {
  if (!candidates.some(isFull)) return candidates
  return [...candidates.filter(candidate => !isFull(candidate)), ...candidates.filter(isFull)]
}

function isFull({ target }: Candidate): boolean {
  return target.vendor.pool.full
}

function isHealthy({ target }: Candidate): boolean {
  return target.vendor.health?.healthy !== false
}

function isLastResort({ target }: Candidate): boolean {
  const { health } = target.vendor
  return health?.healthy === false && health.settings.whenAllUnhealthy === 'use-all'
}

/** When they will be healthy again is unknown; the next check may find out. */
function untilChecked(candidates: readonly Candidate[]): Refusal {
  const intervals = candidates.map(({ target }) => target.vendor.health?.settings.interval ?? 0)
  return candidates.length === 0 ? NONE_LEFT : { reason: 'failing', waitMs: Math.min(...intervals) }
}

function isBetter(one: Refusal, other: Refusal): boolean {
  if (one.reason !== other.reason) return one.reason === 'limited'
  return one.waitMs < other.waitMs
}
