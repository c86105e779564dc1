import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Member } from './members.ts'
import type { Report } from './report.ts'
import { membersOf, type Path } from './tree.ts'

const FILE_REFERENCE = /^file:(?:\/\/(?=\/))?(.+)$/

/**
 * Replaces every `file:/path` at a secret member of the tree by the file's text without surrounding white space. Relative paths
 * start at `directory`. A file that cannot be read, or is empty, is reported at the member; what it holds never is.
 */
export function readSecretFiles(
  tree: Record<string, unknown>,
  directory: string,
  members: readonly Member[],
  report: Report,
): void {
  for (const member of members) {
    if (member.schema.writeOnly) replaceAt(tree, member.pattern, [], directory, report)
    else if (member.schema.items?.writeOnly) replaceAt(tree, [...member.pattern, '*'], [], directory, report)
  }
}

function replaceAt(node: unknown, pattern: readonly string[], path: Path, directory: string, report: Report): void {
  const [segment, ...rest] = pattern
  for (const [key, value] of children(node)) {
    if (segment !== '*' && segment !== String(key)) continue
    if (rest.length > 0) replaceAt(value, rest, [...path, key], directory, report)
    else replaceMember(node as Record<string | number, unknown>, key, [...path, key], directory, report)
  }
}

function children(node: unknown): [string | number, unknown][] {
  return Array.isArray(node) ? [...node.entries()] : membersOf(node)
}

function replaceMember(
  owner: Record<string | number, unknown>,
  key: string | number,
  path: Path,
  directory: string,
  report: Report,
): void {
  const value = owner[key]
  const file = typeof value === 'string' ? FILE_REFERENCE.exec(value)?.[1] : undefined
  if (file === undefined) return
  try {
    const secret = readFileSync(resolve(directory, file), 'utf8').trim()
    if (secret === '') report.refuse(path, 'the file that it names is empty')
    else owner[key] = secret
  } catch (error) {
    report.refuse(path, `the file that it names cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
}
