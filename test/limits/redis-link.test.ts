import { EventEmitter } from 'node:events'
import { type TestContext, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { type LinkClient, type LinkState, REQUEST_PATIENCE_MS, RedisLink } from '../../src/redis/link.ts'

/** What a question may cost where nothing else was asked, ms. */
const PATIENCE = REQUEST_PATIENCE_MS / 2
const NEVER = new Promise<never>(() => {})

/** A link to a Redis that has answered its probe, and gives it up at the second failure in a row; its timers are the test's. */
async function setUp(t: TestContext): Promise<{ link: RedisLink; states: LinkState[] }> {
  const client = Object.assign(new EventEmitter(), { disconnect: () => {} }) as LinkClient & EventEmitter
  const states: LinkState[] = []
  const link = new RedisLink({ client, probe: async () => true, onState: state => states.push(state), failures: 2 })
  client.emit('ready')
  await setImmediate()
  t.mock.timers.enable({ apis: ['setTimeout'] })
  return { link, states }
}

test('C14: a question without an answer costs its time and no more, and all of a request less than 50 ms', async (t: TestContext) => {
  const { link, states } = await setUp(t)
  t.assert.ok(REQUEST_PATIENCE_MS < 50)
  let answered = 0
  for (let question = 1; question <= 2; question += 1) {
    const answer = link.answer(NEVER).then(() => {
      answered += 1
    })
    t.mock.timers.tick(PATIENCE - 1)
    await setImmediate()
    t.assert.equal(answered, question - 1)
    t.mock.timers.tick(1)
    await answer
  }
  t.assert.deepEqual(states, ['shared', 'local'])
})

test('a question that is given less time than a slow Redis may take is no failure of it', async (t: TestContext) => {
  const { link, states } = await setUp(t)
  for (let question = 1; question <= 5; question += 1) {
    const answer = link.answer(NEVER, 3)
    t.mock.timers.tick(3)
    t.assert.equal(await answer, undefined)
  }
  t.assert.ok(link.usable())
  t.assert.deepEqual(states, ['shared'])
})

test('nobody is given more time than a question has', async (t: TestContext) => {
  const { link } = await setUp(t)
  const answer = link.answer(NEVER, 1_000)
  t.mock.timers.tick(PATIENCE)
  t.assert.equal(await answer, undefined)
})
