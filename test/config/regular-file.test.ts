import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { NoRegularFile, readRegularFile } from '../../src/config/regular-file.ts'

test('a file is read through links to folders and files, as Kubernetes mounts it', (t: TestContext) => {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-links-'))
  t.after(() => rmSync(directory, { recursive: true }))
  mkdirSync(join(directory, '..2026_1'))
  writeFileSync(join(directory, '..2026_1', 'key'), 'secret')
  symlinkSync('..2026_1', join(directory, '..data'))
  symlinkSync('..data/key', join(directory, 'key'))
  t.assert.equal(String(readRegularFile(join(directory, 'key'))), 'secret')
})

test('a link to a device is not read', (t: TestContext) => {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-links-'))
  t.after(() => rmSync(directory, { recursive: true }))
  symlinkSync('/dev/zero', join(directory, 'key'))
  t.assert.throws(() => readRegularFile(join(directory, 'key')), NoRegularFile)
})
