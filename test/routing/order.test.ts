import { type TestContext, test } from 'node:test'
import { dialectNamed } from '../../src/dialects/index.ts'
import { Envelope } from '../../src/relay/envelope.ts'
import { type OrderContext, orderOf } from '../../src/routing/order.ts'
import { buildSnapshot } from '../../src/routing/reload/snapshot.ts'
import { RoutingState } from '../../src/routing/routing-state.ts'
import type { Target } from '../../src/routing/target.ts'
import { seededRandom } from '../../src/sim/random.ts'
import { loadText } from '../load-text.ts'

const BY_SESSION = { affinity: { by: 'header' } }
const [A, B, C] = ['a', 'b', 'c'].map(provider => ({ provider, model: 'm' }))

/** A route over such targets, each of its provider's one key, at `now` 0. */
async function setUp(t: TestContext, model: object, more: object = {}) {
  const provider = { type: 'openai-compatible', baseUrl: 'http://127.0.0.1:1' }
  const config = { providers: { a: provider, b: provider, c: provider }, models: { chat: model }, ...more }
  const state = new RoutingState(() => 0)
  t.after(() => state.shutdown())
  const { planner } = buildSnapshot(await loadText(JSON.stringify(config), {}), state, new Map())
  const route = planner.route('chat', () => true)
  const random = seededRandom(1)
  const order = (session?: string) => orderOf(route, context(session), random).map(({ vendor }) => vendor.name)
  return { route, order, firsts: (orders: number) => counted(orders, () => order()[0] as string) }
}

function context(session?: string): OrderContext {
  const body = Buffer.from('{"model":"chat","messages":[]}')
  const headers = session === undefined ? {} : { 'x-session-id': session }
  const envelope = new Envelope({ body, dialect: dialectNamed('openai-chat'), operation: 'chat', headers, query: '' })
  return { envelope, caller: undefined, now: 0 }
}

/** Has the vendor limit us for a second. */
function rest(targets: readonly Target[], ...vendors: string[]): void {
  for (const { vendor, candidates } of targets)
    if (vendors.includes(vendor.name)) for (const { gate } of candidates) gate.cooldown.extend(0, 1_000)
}

function counted(times: number, draw: () => string): Record<string, number> {
  const counts: Record<string, number> = {}
  for (let turn = 0; turn < times; turn += 1) {
    const name = draw()
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

test('C28: the share of a target that rests goes to the others by weight', async t => {
  const targets = [
    { ...A, weight: 6 },
    { ...B, weight: 3 },
    { ...C, weight: 1 },
  ]
  const { route, firsts, order } = await setUp(t, { targets })
  rest(route.targets, 'a')
  t.assert.deepEqual(firsts(4_000), { b: 3_000, c: 1_000 })
  t.assert.equal(order()[2], 'a', 'listed all the same')
})

test('C28: a target of weight 0 is asked when all others rest', async t => {
  const { route, order } = await setUp(t, {
    targets: [
      { ...A, weight: 0 },
      { ...B, weight: 3 },
      { ...C, weight: 1 },
    ],
  })
  t.assert.equal(order()[2], 'a')
  rest(route.targets, 'b', 'c')
  t.assert.deepEqual(order(), ['a', 'b', 'c'])
})

test('when all rest the strategy orders them, since who waits for one must know whom to ask first', async t => {
  const { route, firsts } = await setUp(t, { targets: [{ ...A, weight: 3 }, B, { ...C, weight: 0 }] })
  rest(route.targets, 'a', 'b', 'c')
  t.assert.deepEqual(firsts(400), { a: 300, b: 100 })
})

test('a price decides, whatever the place in the list', async t => {
  const priced = { ...B, price: { input: 1, output: 2 } }
  const { route, order } = await setUp(t, { strategy: 'cheapest', targets: [A, priced] })
  t.assert.deepEqual(order(), ['b', 'a'])
  rest(route.targets, 'b')
  t.assert.deepEqual(order(), ['a', 'b'])
})

test('without a price of its own a target has the one that is known of its model', async t => {
  const cheap = { provider: 'c', model: 'gpt-4o-mini' }
  const dear = { provider: 'b', model: 'gpt-4o' }
  const targets = [A, dear, cheap]
  t.assert.deepEqual((await setUp(t, { strategy: 'cheapest', targets })).order(), ['c', 'b', 'a'])
  const own = { modelFacts: { m: { price: { input: 0.01, output: 0.01 } } } }
  t.assert.deepEqual((await setUp(t, { strategy: 'cheapest', targets }, own)).order(), ['a', 'c', 'b'])
  const said = [{ ...dear, price: { input: 0, output: 0 } }, cheap]
  t.assert.deepEqual((await setUp(t, { strategy: 'cheapest', targets: said })).order(), ['b', 'c'])
})

for (const strategy of ['weighted', 'least-latency', 'least-busy']) {
  test(`C29: with ${strategy} a session keeps its target while that one can answer, and comes back to it`, async t => {
    const { route, order } = await setUp(t, { strategy, targets: [A, B, C], ...BY_SESSION })
    const home = order('s1')[0] as string
    for (let turn = 0; turn < 20; turn += 1) t.assert.equal(order('s1')[0], home)
    rest(route.targets, home)
    const away = order('s1')
    t.assert.notEqual(away[0], home)
    t.assert.equal(away[2], home, 'never first while it rests')
    for (let turn = 0; turn < 20; turn += 1) t.assert.equal(order('s1')[0], away[0])
  })
}

test('C29: sessions are shared out by weight', async (t: TestContext) => {
  const { order } = await setUp(t, { targets: [{ ...A, weight: 3 }, B], ...BY_SESSION })
  let session = 0
  const { a = 0 } = counted(4_000, () => order(`s${session++}`)[0] as string)
  t.assert.ok(Math.abs(a - 3_000) < 120, String(a))
})

test('calls with a session take nothing from the shares of those without', async t => {
  const { order } = await setUp(t, { targets: [A, B, C], ...BY_SESSION })
  const counts = counted(300, () => {
    order('s1')
    return order()[0] as string
  })
  t.assert.deepEqual(counts, { a: 100, b: 100, c: 100 })
})
