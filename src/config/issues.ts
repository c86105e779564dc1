import type { z } from 'zod'
import type { Member } from './members.ts'
import { didYouMean } from './nearest.ts'
import type { Report } from './report.ts'
import { getIn, matches, type Path, showPath } from './tree.ts'
import { isUnsupportedKey } from './unsupported.ts'

type Issue = z.core.$ZodIssue

/** Puts what the schema found wrong into the report, in the house's words and at its place in the file. */
export function reportIssues(
  issues: readonly Issue[],
  tree: unknown,
  members: readonly Member[],
  report: Report,
): void {
  for (const issue of issues) {
    const path = issue.path as Path
    if (issue.code === 'unrecognized_keys') reportUnknownKeys(path, issue.keys, members, report)
    else if (issue.code === 'invalid_key') report.addAtKey(path, `${showPath(path)}: ${issue.issues[0]?.message}`)
    else reportValue(issue, path, tree, report)
  }
}

function reportUnknownKeys(path: Path, keys: readonly string[], members: readonly Member[], report: Report): void {
  for (const key of keys) {
    const full = [...path, key]
    if (isUnsupportedKey(full)) report.addAtKey(full, `${showPath(full)} is not supported yet`)
    else report.addAtKey(full, `unknown key "${key}"${within(path)}${hint(path, key, members)}`)
  }
}

function within(path: Path): string {
  return path.length === 0 ? '' : ` in ${showPath(path)}`
}

/** The nearest key of the same section, or else the places where a key of exactly this name belongs. */
function hint(path: Path, key: string, members: readonly Member[]): string {
  const siblings = members.filter(({ pattern }) => matches(path, pattern.slice(0, -1))).map(member => member.key)
  const near = didYouMean(key, siblings)
  if (near !== '') return near
  const elsewhere = members.filter(member => member.key === key).map(member => member.shown)
  return elsewhere.length === 0 ? '' : `; it belongs at ${elsewhere.join(' or ')}`
}

function reportValue(issue: Issue, path: Path, tree: unknown, report: Report): void {
  const value = getIn(tree, path)
  if (value === undefined) report.addAtKey(path, `${showPath(path)} is missing`)
  else if (value === null) report.addAtKey(path, `${showPath(path)} has no value; give it one, or remove the key`)
  else report.add(path, explain(issue, value))
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a section of keys and values',
  record: 'a section of keys and values',
}

/** The custom messages come from the schema; none of them, nor these, repeats the value, which may be a secret. */
function explain(issue: Issue, value: unknown): string {
  if (issue.code === 'invalid_type' && issue.message.startsWith('Invalid input')) {
    const quotes = issue.expected === 'string' && typeof value !== 'object' ? '; put it in quotes' : ''
    return `expected ${TYPE_WORDS[issue.expected] ?? issue.expected}${quotes}`
  }
  if (issue.code === 'invalid_value') return `expected ${issue.values.join(', ')}`
  if (issue.code === 'too_small' && issue.origin === 'array') return `needs at least ${issue.minimum} entry`
  if (issue.code === 'too_small' && issue.origin !== 'string') return `must be at least ${issue.minimum}`
  if (issue.code === 'too_big' && issue.origin !== 'string') return `must be at most ${issue.maximum}`
  return issue.message
}
