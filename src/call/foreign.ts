import type { Extra } from './block.ts'
import type { Json } from './json.ts'
import type { Loss } from './loss.ts'

/**
 * What the writer of `dialect` cannot say of members that other dialects left in `extra`: one loss a member, named below
 * `at`. Members whose name begins with `$` are notes on form, and null or an empty list says nothing: neither is a loss.
 */
export function foreignLosses(dialect: string, at: string | undefined, extra: Extra | undefined): Loss[] {
  if (extra === undefined) return []
  const losses: Loss[] = []
  for (const [origin, members] of Object.entries(extra)) {
    if (origin === dialect) continue
    for (const [member, value] of Object.entries(members)) {
      if (member.startsWith('$') || isNothing(value)) continue
      const path = at === undefined || at === '' ? member : `${at}.${member}`
      losses.push({ path, why: `${dialect} has no counterpart of this ${origin} member` })
    }
  }
  return losses
}

function isNothing(value: Json | undefined): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0)
}
