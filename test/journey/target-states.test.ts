import { test } from 'node:test'
import { stopClock } from '../callers/clock.ts'
import type { Gateway } from '../helper.ts'
import { whole } from '../upstream.ts'
import { completion } from './frames.ts'
import { asked, CHAT, setUp } from './setup.ts'

const ANSWERS = whole(completion('answered'))
const CRASH = whole({ error: { message: 'crashed at http://10.1.2.3 with sk-secret' } }, { status: 500 })

interface KeyState {
  readonly index: number
  readonly ready: boolean
  readonly breaker: string
  readonly openForMs: number
  readonly cooldownMs: number
  readonly keyCooldownMs: number
  readonly lastFailure: { readonly kind: string; readonly status?: number; readonly at: string } | null
}

interface TargetState {
  readonly target: string
  readonly healthy: boolean | null
  readonly keys: readonly KeyState[]
}

async function statesOf({ opsUrl }: Gateway): Promise<{ text: string; targets: readonly TargetState[] }> {
  const response = await fetch(`${opsUrl}/admin/v1/targets`)
  const text = await response.text()
  return { text, targets: (JSON.parse(text) as { targets: readonly TargetState[] }).targets }
}

function refuses(status: number, headers: Record<string, string> = {}) {
  return whole({ error: { message: 'no' } }, { status, headers })
}

test('C11: the status route says of each target and key what keeps it from being asked', async t => {
  stopClock(t)
  const { gateway } = await setUp(t, [CRASH, refuses(429, { 'retry-after': '30' }), refuses(401)], {
    provider: { breaker: { minimumCalls: 1, openFor: '20s' } },
  })
  t.assert.equal((await gateway.post(CHAT, asked())).status, 502)
  const { targets } = await statesOf(gateway)
  t.assert.deepEqual(
    targets.map(({ target, healthy, keys }) => [target, healthy, keys.length, keys[0]?.index, keys[0]?.ready]),
    ['a/m', 'b/m', 'c/m'].map(id => [id, null, 1, 0, false]),
  )
  const [open, limited, refused] = targets.map(({ keys }) => keys[0]) as [KeyState, KeyState, KeyState]
  t.assert.equal(open.breaker, 'open')
  t.assert.equal(open.openForMs > 15_000 && open.openForMs <= 20_000, true, `${open.openForMs} ms`)
  t.assert.deepEqual([open.lastFailure?.kind, open.lastFailure?.status], ['upstream', 500])
  t.assert.equal(limited.breaker, 'closed')
  t.assert.equal(limited.cooldownMs, 30_000)
  t.assert.equal(limited.lastFailure?.kind, 'limited')
  t.assert.equal(refused.keyCooldownMs, 60_000)
  t.assert.equal(refused.lastFailure?.kind, 'unauthorized')
  const age = Date.now() - Date.parse(refused.lastFailure?.at ?? '')
  t.assert.equal(age >= 0 && age < 60_000, true)
})

test('E20, F5: it names neither keys nor addresses, nor what vendors have said', async t => {
  const { gateway, upstream } = await setUp(t, [CRASH], { provider: { apiKey: undefined, apiKeys: ['one', 'two'] } })
  await gateway.post(CHAT, asked())
  const { text, targets } = await statesOf(gateway)
  t.assert.deepEqual(
    targets[0]?.keys.map(({ index }) => index),
    [0, 1],
  )
  t.assert.doesNotMatch(text, /127\.0|10\.1|http|secret|crashed|one|two/)
  t.assert.equal(text.includes(new URL(upstream.url).port), false)
})

test('a target that is well is ready, and what a client did wrong is no failure of it', async t => {
  const { gateway } = await setUp(t, [refuses(400)])
  await gateway.post(CHAT, asked())
  const { targets } = await statesOf(gateway)
  t.assert.deepEqual(targets, [
    {
      target: 'a/m',
      healthy: null,
      keys: [
        { index: 0, ready: true, breaker: 'closed', openForMs: 0, cooldownMs: 0, keyCooldownMs: 0, lastFailure: null },
      ],
    },
  ])
})

test('targets that were asked for as provider/model are shown as well, each once', async t => {
  const { gateway } = await setUp(t, [ANSWERS])
  for (const model of ['a/m', 'a/other', 'a/other']) await gateway.post(CHAT, asked({ model }))
  const { targets } = await statesOf(gateway)
  t.assert.deepEqual(
    targets.map(({ target }) => target),
    ['a/m', 'a/other'],
  )
})

test('health is shown where it is checked', async t => {
  const { gateway } = await setUp(t, [refuses(500), ANSWERS], {
    provider: { health: { interval: '10ms', unhealthyAfter: 1 } },
  })
  await gateway.logged(({ msg }) => msg === 'health changed')
  const { targets } = await statesOf(gateway)
  t.assert.deepEqual(
    targets.map(({ healthy, keys }) => [healthy, keys[0]?.ready]),
    [
      [false, false],
      [true, true],
    ],
  )
})
