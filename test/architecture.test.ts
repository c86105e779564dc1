import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RULES } from './architecture-rules.ts'
import { readTree } from './source-tree.ts'

const HOUSE = readTree(path => path.endsWith('.ts'), ['src', 'plugins', 'routes'])

for (const rule of RULES) {
  test(rule.name, () => {
    assert.deepEqual(rule.violations(HOUSE), [])
  })

  test(`a breach is seen: ${rule.name}`, () => {
    assert.notDeepEqual(rule.violations(new Map(Object.entries(rule.breach))), [])
  })
}

test('test, bench, script and example files are kebab-case', () => {
  const names = [...readTree(path => /^(?:test|bench|scripts|examples)\/.*\.ts$/.test(path)).keys()]
  assert.deepEqual(
    names.filter(path => !/(?:^|\/)[a-z0-9]+(?:-[a-z0-9]+)*(?:\.test)?\.ts$/.test(path)),
    [],
  )
})

// The tree must mean the same on every machine: no path of the one it was written on, and nothing outside of it but
// the folder of recordings that CI looks for.
const FOREIGN = /(?<![\w.])\/(?:work|home|root|Users)\/|\.\.\/shared\b/g
const isAllowed = (path: string, hit: string): boolean => path === '.ci/run' && hit.endsWith('shared')

test('no file names a path of one machine or outside of the repository', () => {
  const files = readTree(path => !/\.(?:png|jpg|ico|woff2|tgz|log)$/.test(path) && path !== 'package-lock.json')
  const found = [...files].flatMap(([path, text]) =>
    [...text.matchAll(FOREIGN)].filter(([hit]) => !isAllowed(path, hit)).map(([hit]) => `${path}: ${hit}`),
  )
  assert.deepEqual(found, [])
})

test('no type error is silenced and nothing is left for later', () => {
  const files = readTree(path => /^(?:src|plugins|routes|test|bench|scripts|examples)\/.*\.ts$/.test(path))
  const found = [...files].filter(([, text]) =>
    /@ts-(?:ignore|expect-error|nocheck)|\b(?:TO[D]O|FIX[M]E|XX[X])\b/.test(text),
  )
  assert.deepEqual(
    found.map(([path]) => path),
    [],
  )
})
