import { resolve } from 'node:path'
import type { Member } from './members.ts'
import { readRegularFile, whyUnreadable } from './regular-file.ts'
import type { Report } from './report.ts'
import { membersOf, type Path } from './tree.ts'

const FILE_REFERENCE = /^file:(?:\/\/(?=\/))?(.+)$/

interface SecretFiles {
  /** Where relative paths start. */
  readonly directory: string
  /** Told of each file, by its absolute path, before it is read. */
  readonly onFile: ((path: string) => void) | undefined
}

/**
 * Replaces every `file:/path` at a secret member of the tree by the file's text without surrounding white space. A file that
 * cannot be read, or is empty, is reported at the member; what it holds never is.
 */
export function readSecretFiles(
  tree: Record<string, unknown>,
  files: SecretFiles,
  members: readonly Member[],
  report: Report,
): void {
  for (const member of members) {
    if (member.schema.writeOnly) replaceAt(tree, member.pattern, [], files, report)
    else if (member.schema.items?.writeOnly) replaceAt(tree, [...member.pattern, '*'], [], files, report)
  }
}

function replaceAt(node: unknown, pattern: readonly string[], path: Path, files: SecretFiles, report: Report): void {
  const [segment, ...rest] = pattern
  for (const [key, value] of children(node)) {
    if (segment !== '*' && segment !== String(key)) continue
    if (rest.length > 0) replaceAt(value, rest, [...path, key], files, report)
    else replaceMember(node as Record<string | number, unknown>, key, [...path, key], files, report)
  }
}

function children(node: unknown): [string | number, unknown][] {
  return Array.isArray(node) ? [...node.entries()] : membersOf(node)
}

function replaceMember(
  owner: Record<string | number, unknown>,
  key: string | number,
  path: Path,
  { directory, onFile }: SecretFiles,
  report: Report,
): void {
  const value = owner[key]
  const file = typeof value === 'string' ? FILE_REFERENCE.exec(value)?.[1] : undefined
  if (file === undefined) return
  const absolute = resolve(directory, file)
  onFile?.(absolute)
  try {
    const secret = readRegularFile(absolute).toString('utf8').trim()
    if (secret === '') report.refuse(path, 'the file that it names is empty')
    else owner[key] = secret
  } catch (error) {
    report.refuse(path, `the file that it names ${whyUnreadable(error)}`)
  }
}
