import { type TestContext, test } from 'node:test'
import { checkSpeed } from '../../src/doctor/shared-state.ts'
import { stopClock } from '../callers/clock.ts'

test('a Redis that is slower than requests wait for it is warned of; one slow answer of three is not', async (t: TestContext) => {
  const clock = stopClock(t)
  t.assert.equal((await checkSpeed(async () => clock.pass(11), 20)).verdict, 'warning')
  const durations = [1, 2, 30]
  const { verdict, words } = await checkSpeed(async () => clock.pass(durations.pop() ?? 0), 20)
  t.assert.equal(verdict, 'ok')
  t.assert.match(words, /^answers in \d+\.\d ms/)
})
