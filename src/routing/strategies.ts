import type { ModelConfig } from '../config/config.ts'
import { ascending, byLot, type Weighted } from './affinity/lot.ts'

export type StrategyName = ModelConfig['strategy']

/** USD per million tokens. */
export interface Price {
  readonly input: number
  readonly output: number
}

/** What strategies see of a target. */
interface Ranked extends Weighted {
  /** Running sum of the weighted strategy; changes. */
  due: number
  readonly load: {
    readonly inFlight: number
    cost(streamed: boolean, now: number): number
  }
  readonly price?: Price | undefined
}

/** What the order may depend on besides the targets. */
export interface StrategyContext {
  /** The request is for a stream. */
  readonly streamed: boolean
  /** Monotonic clock, ms. */
  readonly now: number
  /** As Math.random. */
  random(): number
}

/** Puts targets in order, best first, each once: the first is tried, the others are there to fail over to. */
export type Strategy = <T extends Ranked>(targets: readonly T[], context: StrategyContext) => readonly T[]

/** Input tokens for each output token when prices are compared: about what chats use. */
const INPUT_PER_OUTPUT = 3

/**
 * Smooth weighted round robin, as nginx does it (its commit 52327e0627, 2012): over any run of picks each target's share is
 * exact and evenly spread. The others follow in weighted random order, so that they share the calls of a failing target by weight
 * too. Weight 0 comes last, and first only where all weights are 0. Changes `due`.
 */
export function weighted<T extends Ranked>(targets: readonly T[], { random }: StrategyContext): readonly T[] {
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
 * The better of two targets drawn at random, by expected time; the others follow by the same measure. Two, because a herd that
 * follows the one best target at the same moment would overload it (Mitzenmacher, "The power of two choices", 2001).
 */
export function leastLatency<T extends Ranked>(targets: readonly T[], context: StrategyContext): readonly T[] {
  const { streamed, now, random } = context
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

/** Fewest attempts in flight for its weight, as nginx's least_conn; equals in weighted random order. */
export function leastBusy<T extends Ranked>(targets: readonly T[], { random }: StrategyContext): readonly T[] {
  return ascending(byLot(targets, random), ({ load, weight }) => (weight > 0 ? load.inFlight / weight : Infinity))
}

/** Lowest price first, an unknown one last; equals in weighted random order. */
export function cheapest<T extends Ranked>(targets: readonly T[], { random }: StrategyContext): readonly T[] {
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
