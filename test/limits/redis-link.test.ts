import { EventEmitter } from 'node:events'
import { type TestContext, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { type LinkClient, type LinkState, RedisLink } from '../../src/redis/link.ts'

/** What a question may cost where nothing else was asked, ms. */
const TIMEOUT = 20
const NEVER = new Promise<never>(() => {})

/** A link to a Redis that has answered its probe, and gives it up at the second failure in a row; its timers are the test's. */
async function setUp(t: TestContext): Promise<{ link: RedisLink; states: LinkState[] }> {
  const client = Object.assign(new EventEmitter(), { disconnect: () => {} }) as LinkClient & EventEmitter
  const states: LinkState[] = []
  const onState = (state: LinkState) => states.push(state)
  const link = new RedisLink({ client, probe: async () => true, onState, failures: 2, timeout: TIMEOUT })
  client.emit('ready')
  await setImmediate()
  t.mock.timers.enable({ apis: ['setTimeout'] })
  return { link, states }
}

test('C14: a question without an answer costs its time and no more', async (t: TestContext) => {
  const { link, states } = await setUp(t)
  let answered = 0
  for (let question = 1; question <= 2; question += 1) {
    const answer = link.answer(NEVER).then(() => {
      answered += 1
    })
    t.mock.timers.tick(TIMEOUT - 1)
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
    const answer = link.answer(NEVER, 2 * TIMEOUT - 3)
    t.mock.timers.tick(3)
    t.assert.equal(await answer, undefined)
  }
  t.assert.ok(link.usable())
  t.assert.deepEqual(states, ['shared'])
})

test('all questions of a request have the time of two', async (t: TestContext) => {
  const { link } = await setUp(t)
  t.assert.equal(link.leftFor(0), 2 * TIMEOUT)
  for (const [waited, left] of [
    [TIMEOUT / 2, TIMEOUT],
    [TIMEOUT, TIMEOUT],
    [TIMEOUT + 1, TIMEOUT - 1],
  ] as const) {
    let over = false
    const answer = link.answer(NEVER, waited).then(() => {
      over = true
    })
    t.mock.timers.tick(left - 1)
    await setImmediate()
    t.assert.equal(over, false)
    t.mock.timers.tick(1)
    await answer
  }
})

test('traffic before the first connection is no failure: what Redis says then is the reason that is told', async (t: TestContext) => {
  const client = Object.assign(new EventEmitter(), { disconnect: () => {} }) as LinkClient & EventEmitter
  const refusal = Object.assign(new Error('NOPERM this user has no permissions'), { name: 'ReplyError' })
  const probe = t.mock.fn(() => Promise.reject(refusal))
  const told = t.mock.fn()
  const link = new RedisLink({ client, probe, onState: told, failures: 1, timeout: TIMEOUT })
  t.assert.equal(link.usable(), false)
  t.assert.equal(probe.mock.callCount(), 0)
  client.emit('ready')
  await setImmediate()
  t.assert.deepEqual(
    told.mock.calls.map(call => call.arguments),
    [['local', 'NOPERM']],
  )
})

test('a Redis that comes back and refuses us is told once, behind its loss', async (t: TestContext) => {
  const client = Object.assign(new EventEmitter(), { disconnect: () => {} }) as LinkClient & EventEmitter
  const refusal = Object.assign(new Error('WRONGPASS invalid username-password pair'), { name: 'ReplyError' })
  const told = t.mock.fn()
  const probe = async () => true
  new RedisLink({ client, probe, onState: told, failures: 1, timeout: TIMEOUT })
  client.emit('ready')
  await setImmediate()
  client.emit('close')
  for (let attempt = 0; attempt < 3; attempt += 1) {
    client.emit('error', refusal)
    client.emit('close')
  }
  t.assert.deepEqual(
    told.mock.calls.map(call => call.arguments),
    [
      ['shared', 'Redis answers'],
      ['local', 'connection lost'],
      ['local', 'WRONGPASS'],
    ],
  )
})
