import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { checkSpeed } from '../../src/doctor/shared-state.ts'

test('a Redis that is slower than requests wait for it is warned of; one slow answer of three is not', async (t: TestContext) => {
  t.assert.equal((await checkSpeed(() => delay(11), 20)).verdict, 'warning')
  const durations = [0, 0, 30]
  const { verdict, words } = await checkSpeed(() => delay(durations.pop()), 20)
  t.assert.equal(verdict, 'ok')
  t.assert.match(words, /^answers in \d+\.\d ms/)
})
