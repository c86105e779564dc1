import { hash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { isLoopback } from './loopback.ts'
import type { Report } from './report.ts'
import { getIn, itemsOf, membersOf, type Path } from './tree.ts'

/*
 * What the schema cannot say because it concerns several members. These look at the tree as it was read, not at the schema's
 * output, since that only exists when the schema found nothing wrong, and all problems are to be reported at once.
 */

/** The schema leaves out `__proto__` without a word, since it would change the object that holds the others. */
export function checkNames(tree: unknown, report: Report): void {
  for (const section of ['providers', 'models']) {
    for (const [name] of membersOf(getIn(tree, [section]))) {
      if (name === '__proto__') report.addAtKey([section, name], `"${name}" cannot be a name; choose another`)
    }
  }
}

/** Caller keys: one secret each, names and secrets unique, none of them the key of the operators. */
export function checkKeys(tree: unknown, report: Report): void {
  const names = new Set<unknown>()
  const digests = new Set<string>()
  const opsKey = getIn(tree, ['ops', 'key'])
  for (const [index, caller] of itemsOf(getIn(tree, ['keys'])).entries()) {
    const path = ['keys', index]
    const name = getIn(caller, ['name'])
    if (name !== undefined && names.has(name)) report.add([...path, 'name'], 'another key has this name')
    names.add(name)

    const key = getIn(caller, ['key'])
    const sha256 = getIn(caller, ['sha256'])
    if ((key === undefined) === (sha256 === undefined)) {
      report.addAtKey(path, `keys[${index}] needs exactly one of "key" and "sha256"`)
    }
    const member = [...path, key === undefined ? 'sha256' : 'key']
    const digest = digestOf(key, sha256)
    if (digest === undefined) continue
    if (digests.has(digest)) report.add(member, 'another caller has the same key')
    if (digest === digestOf(opsKey, undefined)) report.add(member, 'a caller must not have the key of the ops listener')
    digests.add(digest)
  }
}

function digestOf(key: unknown, sha256: unknown): string | undefined {
  if (typeof key === 'string') return hash('sha256', key)
  return typeof sha256 === 'string' ? sha256.toLowerCase() : undefined
}

/** A listener that others can reach must know its callers. */
export function checkListeners(tree: unknown, report: Report): void {
  const host = getIn(tree, ['listen', 'host'])
  const opsHost = getIn(tree, ['ops', 'host'])
  if (isExposed(host) && itemsOf(getIn(tree, ['keys'])).length === 0) {
    report.add(['listen', 'host'], 'is not a loopback address, so callers need keys: add some under "keys"')
  }
  if (isExposed(opsHost) && getIn(tree, ['ops', 'key']) === undefined) {
    report.add(['ops', 'host'], 'is not a loopback address, so a key is needed: set ops.key or SLUICE_ADMIN_KEY')
  }
}

function isExposed(host: unknown): boolean {
  return typeof host === 'string' && !isLoopback(host.toLowerCase())
}

/** Plugins are files; `directory` is where relative paths start. */
export function checkPlugins(tree: unknown, directory: string, report: Report): void {
  for (const [index, plugin] of itemsOf(getIn(tree, ['plugins'])).entries()) {
    const path: Path = ['plugins', index]
    if (typeof plugin !== 'string' || existsSync(resolve(directory, plugin))) continue
    report.add(path, `there is no such file${report.quote(path)}`)
  }
}
