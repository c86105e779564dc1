import type { Report } from './report.ts'
import { getIn, type Path, showPath } from './tree.ts'

/** Refuses a member of the section at `path` that has no meaning without another one. */
export function checkNeeds(path: Path, section: unknown, member: string, needed: string, report: Report): void {
  if (getIn(section, [member]) === undefined || getIn(section, [needed]) !== undefined) return
  report.addAtKey([...path, member], `${showPath([...path, member])} has no meaning without ${needed}`)
}
