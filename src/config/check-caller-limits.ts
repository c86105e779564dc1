import { checkNeeds } from './check-needs.ts'
import type { Report } from './report.ts'
import { getIn, itemsOf, membersOf, type Path } from './tree.ts'

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
  checkNeeds(path, limits, 'burst', 'requestsPerMinute', report)
  checkNeeds(path, limits, 'tokenBurst', 'tokensPerMinute', report)
}
