import { type TestContext, test } from 'node:test'
import { Choices } from '../../src/routing/choices.ts'
import { buildSnapshot } from '../../src/routing/reload/snapshot.ts'
import { RoutingState } from '../../src/routing/routing-state.ts'
import type { Candidate, Route, Target } from '../../src/routing/target.ts'
import { loadText } from '../load-text.ts'

/** Two targets, `a/m` and `b/m`, with checks whose results the test gives. */
async function setUp(t: TestContext, members: { a?: object; b?: object } = {}) {
  const provider = (health: object = {}) => ({
    type: 'openai-compatible',
    baseUrl: 'http://127.0.0.1:1',
    breaker: { minimumCalls: 1, openFor: '20s' },
    health: { unhealthyAfter: 1, healthyAfter: 1, interval: '10s', ...health },
  })
  const targets = ['a', 'b'].map(name => ({ provider: name, model: 'm' }))
  const config = {
    providers: { a: provider(members.a), b: provider(members.b) },
    models: { chat: { strategy: 'priority', targets } },
  }
  const state = new RoutingState(
    () => 0,
    () => 0,
  )
  t.after(() => state.shutdown())
  const { routes } = buildSnapshot(await loadText(JSON.stringify(config), {}), state, new Map())
  const [a, b] = (routes.get('chat') as Route).targets as readonly [Target, Target]
  return { a, b, choices: new Choices([a, b]) }
}

/** Who is asked next, or why nobody is. */
function next(choices: Choices): string {
  const found = choices.next(0)
  return 'reason' in found ? `${found.reason} for ${found.waitMs} ms` : found.candidate.target.id
}

function exclude(choices: Choices, { candidates }: Target): void {
  choices.exclude(candidates[0] as Candidate, false)
}

/** What the passive signals make of a target that fails. */
async function fail({ candidates }: Target): Promise<void> {
  candidates[0]?.gate.breaker.admit()?.settle('bad')
  await new Promise(resolve => setImmediate(resolve))
}

test('an unhealthy target is left out, from the moment when it is unhealthy', async t => {
  const { a, choices } = await setUp(t)
  t.assert.equal(next(choices), 'a/m')
  a.vendor.health?.report(false)
  t.assert.equal(next(choices), 'b/m')
  a.vendor.health?.report(true)
  t.assert.equal(next(choices), 'a/m')
})

test('an unhealthy target does not count as ready for those who order targets', async t => {
  const { a } = await setUp(t)
  const ready = () => a.candidates.map(({ gate }) => gate.ready(0))
  t.assert.deepEqual(ready(), [true])
  a.vendor.health?.report(false)
  t.assert.deepEqual(ready(), [false])
})

test('where all are unhealthy all are asked, one after the other', async t => {
  const { a, b, choices } = await setUp(t)
  for (const { vendor } of [a, b]) vendor.health?.report(false)
  t.assert.equal(next(choices), 'a/m')
  exclude(choices, a)
  t.assert.equal(next(choices), 'b/m')
  exclude(choices, b)
  t.assert.match(next(choices), /^failing/)
})

test('where all are unhealthy and the config says refuse, nobody is asked before the next check', async t => {
  const refuse = { whenAllUnhealthy: 'refuse' }
  const { a, b, choices } = await setUp(t, { a: refuse, b: { ...refuse, interval: '5s' } })
  for (const { vendor } of [a, b]) vendor.health?.report(false)
  t.assert.equal(next(choices), 'failing for 5000 ms')
})

test('where only one of the unhealthy says refuse, the other is asked', async t => {
  const { a, b, choices } = await setUp(t, { a: { whenAllUnhealthy: 'refuse' } })
  for (const { vendor } of [a, b]) vendor.health?.report(false)
  t.assert.equal(next(choices), 'b/m')
})

test('a healthy target whose breaker is open is not well either', async t => {
  const { a, b, choices } = await setUp(t)
  a.vendor.health?.report(false)
  await fail(b)
  t.assert.equal(next(choices), 'a/m')
  await fail(a)
  t.assert.equal(next(choices), 'failing for 20000 ms', 'but an open breaker lets nobody through')
})

test('a healthy target at its limit is well: it is waited for', async t => {
  const { a, b, choices } = await setUp(t)
  a.vendor.health?.report(false)
  b.candidates[0]?.gate.cooldown.extend(0, 3_000)
  t.assert.equal(next(choices), 'limited for 3000 ms')
})

test('a healthy target that fails one request is no reason to ask an unhealthy one', async t => {
  const { a, b, choices } = await setUp(t)
  a.vendor.health?.report(false)
  exclude(choices, b)
  t.assert.match(next(choices), /^failing/)
})
