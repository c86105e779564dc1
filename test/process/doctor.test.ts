import { type TestContext, test } from 'node:test'
import { startProcess } from './sluice.ts'

test('sluice doctor prints a line for each check, ends by itself, and its code says how bad it is', async (t: TestContext) => {
  const files = { 'well.yaml': 'providers: { sim: {} }\nkeys: [ { name: a, key: canary-key } ]\n' }
  const well = startProcess(t, ['doctor', 'well.yaml'], { files })
  t.assert.equal(await well.exit, 0, well.stdout + well.stderr)
  t.assert.match(well.stdout, /^ok {7}provider sim: answers/m)
  t.assert.doesNotMatch(well.stdout, /canary/)
  const nowhere = startProcess(t, ['doctor', 'nowhere.yaml'])
  t.assert.equal(await nowhere.exit, 2)
  t.assert.match(nowhere.stdout, /^problem {2}config: nowhere\.yaml: there is no such configuration file$/m)
})
