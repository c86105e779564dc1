import { warnOfFrequentPrompts } from './billed-checks.ts'
import type { KnownProviders } from './config.ts'
import type { Report } from './report.ts'
import { getIn, itemsOf, membersOf } from './tree.ts'

/** What works and is probably not what was meant. `now` in ms since 1970. */
export function checkWarnings(tree: unknown, known: KnownProviders, now: number, report: Report): void {
  const keys = itemsOf(getIn(tree, ['keys']))
  if (keys.length === 0) report.warn(['keys'], 'there are none, so anybody on this machine may call')
  for (const [index, key] of keys.entries()) {
    const expires = getIn(key, ['expires'])
    if (typeof expires === 'string' && Date.parse(expires) <= now) {
      report.warn(['keys', index, 'expires'], 'has passed, so this key is refused')
    }
  }
  for (const [name, provider] of membersOf(getIn(tree, ['providers']))) {
    warnOfFrequentPrompts(['providers', name], provider, report)
    const vendor = known[String(getIn(provider, ['type']) ?? name)]
    const secrets = [getIn(provider, ['apiKey']), ...itemsOf(getIn(provider, ['apiKeys']))]
    if (vendor?.keyVariable === undefined || vendor.keyOptional || getIn(provider, ['baseUrl']) !== undefined) continue
    if (!secrets.some(Boolean)) report.warn(['providers', name], 'has no apiKey, and the vendor wants one')
  }
}
