import type { Report } from './report.ts'
import { getIn, itemsOf, membersOf, type Path, showPath } from './tree.ts'

const BURSTS = [
  ['burst', 'requestsPerMinute'],
  ['tokenBurst', 'tokensPerMinute'],
] as const

/** What callers may do: a burst is of something that has a rate. */
export function checkCallerLimits(tree: unknown, report: Report): void {
  for (const [index, caller] of itemsOf(getIn(tree, ['keys'])).entries()) {
    checkLimits(['keys', index, 'limits'], getIn(caller, ['limits']), report)
    for (const [pattern, limits] of membersOf(getIn(caller, ['modelLimits']))) {
      checkLimits(['keys', index, 'modelLimits', pattern], limits, report)
    }
  }
}

function checkLimits(path: Path, limits: unknown, report: Report): void {
  for (const [burst, rate] of BURSTS) {
    if (getIn(limits, [burst]) === undefined || getIn(limits, [rate]) !== undefined) continue
    report.addAtKey([...path, burst], `${showPath([...path, burst])} has no meaning without ${rate}`)
  }
}
