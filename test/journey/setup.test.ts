import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { ConfigError } from '../../src/config/problem.ts'
import { silence } from '../upstream.ts'
import { setUp } from './setup.ts'

function listening(): number {
  return process.getActiveResourcesInfo().filter(name => name === 'TCPServerWrap').length
}

test('a bench whose config is refused leaves no vendor open, which would keep the process', async (t: TestContext) => {
  const ends: (() => Promise<void>)[] = []
  t.mock.method(t, 'after', (end: () => Promise<void>) => ends.push(end))
  await assert.rejects(setUp(t, [silence(), silence()], { config: { nonsense: true } }), ConfigError)
  assert.equal(listening(), 2)
  for (const end of ends) await end()
  // Node lets go of what is closed some turns later.
  while (listening() > 0) await setImmediate()
})
