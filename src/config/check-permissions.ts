import { modelPattern } from './callers.ts'
import { didYouMean } from './nearest.ts'
import type { Report } from './report.ts'
import { getIn, itemsOf, membersOf } from './tree.ts'

/** What callers may ask for, and how much of what: each pattern leads to a name under `models`, or can lead to a model of a provider. */
export function checkPermissions(tree: unknown, report: Report): void {
  const names = membersOf(getIn(tree, ['models'])).map(([name]) => name)
  const providers = membersOf(getIn(tree, ['providers'])).map(([name]) => name)
  const astray = (pattern: unknown): pattern is string => {
    if (typeof pattern !== 'string' || leadsToProvider(pattern, providers)) return false
    const expression = modelPattern(pattern)
    return !names.some(name => expression.test(name))
  }
  const near = (pattern: string) => didYouMean(pattern, [...names, ...providers.map(provider => `${provider}/*`)])
  for (const [index, caller] of itemsOf(getIn(tree, ['keys'])).entries()) {
    for (const [place, pattern] of itemsOf(getIn(caller, ['models'])).entries()) {
      const path = ['keys', index, 'models', place]
      if (astray(pattern)) report.add(path, `leads to no model${report.quote(path)}${near(pattern)}`)
    }
    for (const [pattern] of membersOf(getIn(caller, ['modelLimits']))) {
      const path = ['keys', index, 'modelLimits', pattern]
      if (astray(pattern)) report.addAtKey(path, `"${pattern}" leads to no model${near(pattern)}`)
    }
  }
}

/** Behind a provider's name any model may follow: which ones there are, only the vendor knows. */
function leadsToProvider(pattern: string, providers: readonly string[]): boolean {
  const start = pattern.split('*', 1)[0] as string
  const open = start !== pattern
  return providers.some(name => start.startsWith(`${name}/`) || (open && `${name}/`.startsWith(start)))
}
