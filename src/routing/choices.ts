import { isRefusal, type Permit, type Refusal } from './gate.ts'
import type { Candidate, Target } from './target.ts'

/** A candidate that may be asked now. */
export interface Choice {
  readonly candidate: Candidate
  readonly permit: Permit
}

const NOBODY: Refusal = { reason: 'failing', waitMs: 1 }

/** Whom one request may still be sent to, best first. Who failed it is not asked again (C7). */
export class Choices {
  readonly #all: readonly Candidate[]
  readonly #tokens: number
  #left: readonly Candidate[]
  #untouched = true
  /** Somebody who was well has failed it, so that not all are unhealthy. */
  #wellFailed = false

  /** `tokens` is about what the request will cost. */
  constructor(targets: readonly Target[], tokens = 0) {
    const left: Candidate[] = []
    for (const target of targets) left.push(...inTurn(target))
    this.#all = left
    this.#tokens = tokens
    this.#left = left
  }

  /** Nobody has failed it yet: it has the choices of any newcomer. */
  get untouched(): boolean {
    return this.#untouched
  }

  /** Who has not failed it. */
  get unfailed(): readonly Target[] {
    return [...new Set(this.#left.map(({ target }) => target))]
  }

  /** Everybody has failed. */
  get exhausted(): boolean {
    return this.#left.length === 0
  }

  /** There was one target from the start. */
  get single(): boolean {
    const [first] = this.#all
    return this.#all.every(({ target }) => target === first?.target)
  }

  /** Gives those who failed another chance. */
  restore(): void {
    this.#left = this.#all
  }

  /**
   * The first, but for `except`, that may be asked at `now`; else the refusal that ends first, one at a limit before one that
   * fails. The unhealthy are asked only where nobody well can be counted on and their config allows it. Who has no connection
   * free comes last.
   */
  next(now: number, except?: Target): Choice | Refusal {
    const left = freeFirst(except === undefined ? this.#left : this.#left.filter(({ target }) => target !== except))
    const found = this.#firstOf(left, isWell, now)
    if (found !== undefined && (!isRefusal(found) || found.reason === 'limited')) return found
    if (this.#wellFailed) return found ?? untilChecked(left)
    return this.#firstOf(left, isLastResort, now, found) ?? untilChecked(left)
  }

  /** Leaves out who failed; with all keys of its target, unless the failure was the one key's. */
  exclude(failed: Candidate, ofKey: boolean): void {
    this.#untouched = false
    if (isWell(failed)) this.#wellFailed = true
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

/** The keys of a target, each request beginning with the next one, so that the vendor's limits on a key are shared out. */
function inTurn(target: Target): readonly Candidate[] {
  const { candidates } = target
  if (candidates.length === 1) return candidates
  target.turn = (target.turn + 1) % candidates.length
  return [...candidates.slice(target.turn), ...candidates.slice(0, target.turn)]
}

/** At who has no connection free, a call would wait for one while others could answer. */
function freeFirst(candidates: readonly Candidate[]): readonly Candidate[] {
  if (!candidates.some(isFull)) return candidates
  return [...candidates.filter(candidate => !isFull(candidate)), ...candidates.filter(isFull)]
}

function isFull({ target }: Candidate): boolean {
  return target.vendor.pool.full
}

function isWell({ target }: Candidate): boolean {
  return target.vendor.health?.healthy !== false
}

function isLastResort({ target }: Candidate): boolean {
  const { health } = target.vendor
  return health?.healthy === false && health.settings.whenAllUnhealthy === 'use-all'
}

/** Nobody knows when they will be well; the next check may tell. */
function untilChecked(candidates: readonly Candidate[]): Refusal {
  const intervals = candidates.map(({ target }) => target.vendor.health?.settings.interval ?? 0)
  return candidates.length === 0 ? NOBODY : { reason: 'failing', waitMs: Math.min(...intervals) }
}

function isBetter(one: Refusal, other: Refusal): boolean {
  if (one.reason !== other.reason) return one.reason === 'limited'
  return one.waitMs < other.waitMs
}
