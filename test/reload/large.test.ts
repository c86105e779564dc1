import { type TestContext, test } from 'node:test'
import type { Vendor } from '../../src/routing/target.ts'
import { largeText } from '../config/large.ts'
import { setUp } from './setup.ts'

const MODELS = 400
/** Of the names that clients are told: one of each config. */
const [FIRST, SECOND] = ['chat-0', 'other-0']

function renamed(): string {
  return largeText(MODELS).replaceAll('chat-', SECOND.replace('0', ''))
}

test('C26: while a config of 400 models is read, others are answered, by the one before until the new one is in force as a whole', async (t: TestContext) => {
  const bench = await setUp(t, largeText(MODELS))
  const { reloads, live } = bench.gateway.app.api
  bench.save(renamed())
  const before = live.snapshot
  let over = false
  const reload = reloads.reload().then(() => {
    over = true
  })
  let answered = 0
  while (!over) {
    const response = await fetch(`${bench.gateway.url}/health/live`)
    t.assert.equal(response.status, 200)
    if (over) break
    answered += 1
    t.assert.ok(live.snapshot === before || live.snapshot.routes.has(SECOND))
  }
  await reload
  t.assert.ok(answered > 2, `${answered} answers`)
  t.assert.deepEqual([live.snapshot.routes.has(FIRST), live.snapshot.routes.size], [false, MODELS])
})

test('a gateway that closes while it reads its config leaves nothing running', async (t: TestContext) => {
  const bench = await setUp(t, { providers: { sim: {} } })
  const { reloads, live } = bench.gateway.app.api
  bench.save({ providers: { sim: {}, late: { type: 'sim' } } })
  const reload = reloads.reload()
  await bench.gateway.close()
  await reload
  const [{ origin }, late] = ['sim', 'late'].map(name => live.snapshot.vendors.get(name)) as [Vendor, Vendor]
  for (const address of [origin, late.origin]) await t.assert.rejects(fetch(address))
  await reloads.reload()
  t.assert.deepEqual(reloads.counts, { applied: 1, refused: 0, unchanged: 0 })
})
