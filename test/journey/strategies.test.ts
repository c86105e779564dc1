import { type TestContext, test } from 'node:test'
import { type Clock, stopClock } from '../callers/clock.ts'
import { type Handler, silence, stream, whole } from '../upstream.ts'
import { Client } from './client.ts'
import { chatStream, completion, data, ROLE } from './frames.ts'
import { asked, askedMessage, type Bench, CHAT, MESSAGES, setUp } from './setup.ts'

const ANSWERS = whole(completion('answered'))
const CRASH = whole({ error: { message: 'crashed' } }, { status: 500 })
const NEVER_OPEN = { breaker: { minimumCalls: 1_000 } }

/** Takes so long (ms) on a clock that stands still otherwise. */
function after(ms: number, clock: Clock, handler: Handler): Handler {
  return (seen, response) => {
    clock.pass(ms)
    return handler(seen, response)
  }
}

function counts({ upstreams }: Bench): number[] {
  return upstreams.map(({ requests }) => requests.length)
}

function inFlight({ gateway }: Bench): number[] {
  const route = gateway.app.api.live.snapshot.planner.route('chat', () => true)
  return route.targets.map(({ load }) => load.inFlight)
}

test('C27: a vendor that fails at once is not taken for a fast one', async (t: TestContext) => {
  const clock = stopClock(t)
  const bench = await setUp(t, [after(5, clock, CRASH), after(15, clock, ANSWERS)], {
    provider: NEVER_OPEN,
    model: { strategy: 'least-latency' },
  })
  for (let turn = 0; turn < 30; turn += 1) t.assert.equal((await bench.gateway.post(CHAT, asked())).status, 200)
  const [crashes = 0, answers] = counts(bench)
  t.assert.equal(answers, 30)
  t.assert.ok(crashes <= 1, `asked ${crashes} times`)
})

for (const [name, streamed, failure] of [
  ['an error event in a 200', true, stream([ROLE, data({ error: { message: 'crashed' } })])],
  ['a page of HTML', false, whole('<html></html>')],
] as const) {
  test(`C27: ${name} is no fast answer`, async (t: TestContext) => {
    const clock = stopClock(t)
    const answer = streamed ? stream(chatStream('x')) : ANSWERS
    const { gateway } = await setUp(t, [after(5, clock, failure), after(15, clock, answer)])
    await new Client(gateway.url + CHAT, asked({ stream: streamed })).over()
    await gateway.ended(1)
    const { targets } = gateway.app.api.live.snapshot.planner.route('chat', () => true)
    const [failed = 0, answered = 0] = targets.map(({ load }) => load.cost(streamed, performance.now()))
    t.assert.ok(answered > 0 && failed > 2 * answered, `${failed} against ${answered}`)
  })
}

test('what is in flight is counted until its end, whichever end it takes', async t => {
  const bench = await setUp(t, [[silence(), CRASH, stream(chatStream('x')), ANSWERS], ANSWERS])
  const { gateway, upstream } = bench
  const leaver = new Client(gateway.url + CHAT, asked())
  await upstream.request(0)
  t.assert.deepEqual(inFlight(bench), [1, 0])
  leaver.leave()
  await gateway.ended(1)
  t.assert.equal((await gateway.post(CHAT, asked())).status, 200)
  await new Client(gateway.url + CHAT, asked({ stream: true })).over()
  await gateway.ended(3)
  t.assert.equal((await gateway.post(CHAT, asked())).status, 200)
  t.assert.deepEqual(counts(bench), [4, 1])
  t.assert.deepEqual(inFlight(bench), [0, 0])
})

const SESSIONS = [
  ['a header', { by: 'header', header: 'X-Chat' }, {}, { 'x-chat': 'abc' }],
  ['the user', { by: 'user' }, { user: 'abc' }, {}],
  ['the beginning of the prompt', { by: 'prefix', prefix: '16B' }, {}, {}],
] as const

for (const [name, affinity, members, headers] of SESSIONS) {
  test(`C29: calls with ${name} in common stay with one vendor, and failover beats the pin`, async t => {
    const bench = await setUp(t, [ANSWERS, ANSWERS, ANSWERS], {
      provider: NEVER_OPEN,
      model: { strategy: 'least-busy', affinity },
    })
    const ask = async () => t.assert.equal((await bench.gateway.post(CHAT, asked(members), headers)).status, 200)
    for (let turn = 0; turn < 10; turn += 1) await ask()
    t.assert.deepEqual(counts(bench).toSorted(), [0, 0, 10])
    const home = counts(bench).indexOf(10)
    bench.upstreams[home]?.use(CRASH)
    await ask()
    t.assert.deepEqual(counts(bench).toSorted(), [0, 1, 11])
    bench.upstreams[home]?.use(ANSWERS)
    await ask()
    t.assert.equal(counts(bench)[home], 12, 'one failure does not move a session')
  })
}

test('C29: a session of one caller is not that of another, and Anthropic’s users count too', async (t: TestContext) => {
  const names = Array.from({ length: 12 }, (_, index) => `caller-${index}`)
  const bench = await setUp(t, [ANSWERS, ANSWERS], {
    model: { strategy: 'weighted', affinity: { by: 'user' } },
    config: { keys: names.map(name => ({ name, key: `key-of-${name}` })) },
  })
  const homes = new Set<string | null>()
  for (const name of names) {
    const own = new Set<string | null>()
    for (let turn = 0; turn < 3; turn += 1) {
      const body = askedMessage({ metadata: { user_id: 'abc' } })
      const response = await bench.gateway.post(MESSAGES, body, { 'x-api-key': `key-of-${name}` })
      own.add(response.headers.get('x-sluice-target'))
    }
    t.assert.equal(own.size, 1)
    for (const home of own) homes.add(home)
  }
  t.assert.deepEqual(homes, new Set(['a/m', 'b/m']))
})

test('a call that names two users is told so', async (t: TestContext) => {
  const { gateway, upstreams } = await setUp(t, [ANSWERS, ANSWERS], {
    model: { strategy: 'weighted', affinity: { by: 'user' } },
  })
  const response = await gateway.post(CHAT, '{"model":"chat","messages":[],"user":"a","user":"b"}')
  t.assert.equal(response.status, 400)
  t.assert.match(await response.text(), /user is given more than once/)
  t.assert.equal(
    upstreams.every(({ requests }) => requests.length === 0),
    true,
  )
})
