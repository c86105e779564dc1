import type { ModelConfig } from '../config/config.ts'
import { ascending, byLot, type Weighted } from './affinity/lot.ts'

export type StrategyName = ModelConfig['strategy']

/** USD per million tokens. */
export interface Price {
  readonly input: number
  readonly output: number
}

/** What strategies know of a target. */
interface Ranked extends Weighted {
  /** Running sum of the weighted strategy; changes. */
  due: number
  readonly load: {
    readonly inFlight: number
    cost(streamed: boolean, now: number): number
  }
  readonly price?: Price | undefined
}

/** What the order may depend on beside the targets. */
export interface Circumstances {
  /** A stream is asked for. */
  readonly streamed: boolean
  /** Monotonic clock, ms. */
  readonly now: number
  /** As Math.random. */
  random(): number
}

/** Puts targets in order, best first, each once: the first is asked, the others are there to fail over to. */
export type Strategy = <T extends Ranked>(targets: readonly T[], circumstances: Circumstances) => readonly T[]

/** Input tokens for each output token, in what a target's price is taken to be: about what chats use. */
const INPUT_PER_OUTPUT = 3

/**
 * Smooth weighted round robin, as nginx does it (its commit 52327e0627, 2012): over any run of picks each target's share is
 * exact and evenly spread. The others follow by lot, so that those who stand in for a failing target share its calls by
 * weight too. Weight 0 comes last, and first only where all weights are 0. Changes `due`.
 */
export function weighted<T extends Ranked>(targets: readonly T[], { random }: Circumstances): readonly T[] {
  const picked = pick(targets)
  if (picked === undefined) return targets
  const others = targets.filter(target => target !== picked)
  return [picked, ...byLot(others, random)]
}

function pick<T extends Ranked>(targets: readonly T[]): T | undefined {
  let total = 0
  let best: T | undefined
  for (const target of targets) {
    if (target.weight <= 0) continue
    total += target.weight
    target.due += target.weight
    if (best === undefined || target.due > best.due) best = target
  }
  if (best !== undefined) best.due -= total
  return best
}

/**
 * The cheaper of two targets drawn at random, in expected time; the others follow by the same measure. Two, because all who
 * follow the one best at the same moment would trample it (Mitzenmacher, "The power of two choices", 2001).
 */
export function leastLatency<T extends Ranked>(targets: readonly T[], circumstances: Circumstances): readonly T[] {
  const { streamed, now, random } = circumstances
  const one = Math.floor(random() * targets.length)
  const other = (one + 1 + Math.floor(random() * (targets.length - 1))) % targets.length
  const [first, second] = [targets[one] as T, targets[other] as T]
  const winner = isCheaper(second, first, streamed, now) ? second : first
  const others = targets.filter(target => target !== winner)
  return [winner, ...ascending(others, ({ load }) => load.cost(streamed, now))]
}

function isCheaper({ load: one }: Ranked, { load: other }: Ranked, streamed: boolean, now: number): boolean {
  const difference = one.cost(streamed, now) - other.cost(streamed, now)
  // NaN where neither has answered yet and both are being tried.
  return difference === 0 || Number.isNaN(difference) ? one.inFlight < other.inFlight : difference < 0
}

/** Fewest attempts in flight for its weight, as nginx's least_conn; equals by lot. */
export function leastBusy<T extends Ranked>(targets: readonly T[], { random }: Circumstances): readonly T[] {
  return ascending(byLot(targets, random), ({ load, weight }) => (weight > 0 ? load.inFlight / weight : Infinity))
}

/** Lowest price first, an unknown one last; equals by lot. */
export function cheapest<T extends Ranked>(targets: readonly T[], { random }: Circumstances): readonly T[] {
  return ascending(byLot(targets, random), ({ price }) =>
    price === undefined ? Infinity : price.input * INPUT_PER_OUTPUT + price.output,
  )
}

/** Always in the order of the config. */
export function priority<T>(targets: readonly T[]): readonly T[] {
  return targets
}

export const STRATEGIES: Readonly<Record<StrategyName, Strategy>> = {
  weighted,
  'least-latency': leastLatency,
  'least-busy': leastBusy,
  cheapest,
  priority,
}
