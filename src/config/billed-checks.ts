import type { Report } from './report.ts'
import { getIn, type Path } from './tree.ts'
import { DURATION_PATTERN, parseDuration } from './units.ts'

/** Of checks that are billed, ms. Long enough that a slip of the pen (`1ms`) is no stream of prompts, short enough for any use. */
const SHORTEST_INTERVAL = 1_000
/** Below this (ms), half of what they have unless set, it is said what they come to: an `ask` may have met an older `interval`. */
const USUAL_INTERVAL = 30_000
const DAY = 86_400_000

/** How many prompts a day one process sends at this interval (ms); undefined where nobody need be told. */
export function frequentPrompts(interval: number): number | undefined {
  return interval < USUAL_INTERVAL ? Math.floor(DAY / interval) : undefined
}

/** Refuses checks that are billed and come without a pause. `path` is that of the provider. */
export function checkBilledInterval(path: Path, provider: unknown, report: Report): void {
  const interval = billedInterval(provider)
  if (interval === undefined || interval >= SHORTEST_INTERVAL) return
  report.add([...path, 'health', 'interval'], 'must be at least 1s with "ask": each check is a prompt that is billed')
}

/** Says what frequent checks come to. `path` is that of the provider. */
export function warnOfFrequentPrompts(path: Path, provider: unknown, report: Report): void {
  const prompts = frequentPrompts(billedInterval(provider) ?? Infinity)
  if (prompts === undefined) return
  const words = `with "ask" means ${prompts.toLocaleString('en-US')} billed prompts a day from each process`
  report.warn([...path, 'health', 'interval'], words)
}

/** The interval (ms) that the config gives to checks that are billed. What is no duration, others tell. */
function billedInterval(provider: unknown): number | undefined {
  const interval = getIn(provider, ['health', 'interval'])
  if (getIn(provider, ['health', 'ask']) === undefined || typeof interval !== 'string') return undefined
  return DURATION_PATTERN.test(interval) ? parseDuration(interval) : undefined
}
