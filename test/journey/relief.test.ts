import { type TestContext, test } from 'node:test'
import { stopClock } from '../callers/clock.ts'
import type { Gateway } from '../helper.ts'
import { type Handler, whole } from '../upstream.ts'
import { completion } from './frames.ts'
import { model, withModels } from './models.ts'
import { asked, CHAT } from './setup.ts'

const ANSWERS = whole(completion('answered'))
const DEGRADE = { steps: [{ name: 'short', maxTokens: 512 }], after: '10s', recoverAfter: '60s' }

function degradedBy(response: Response): string | null {
  return response.headers.get('x-sluice-degraded')
}

/** Answers, and says how much is left of 1,000 tokens, all of which come back in a minute. */
function left(tokens: number): Handler {
  const headers = {
    'x-ratelimit-limit-tokens': '1000',
    'x-ratelimit-remaining-tokens': String(tokens),
    'x-ratelimit-reset-tokens': '60s',
  }
  return whole(completion('answered'), { headers })
}

test('a quota that runs low makes answers cheaper before it has run out', async (t: TestContext) => {
  const clock = stopClock(t)
  const bench = await withModels(t, [left(300)], { chat: model('a', { degrade: DEGRADE }) })
  const degraded = async () => degradedBy(await bench.gateway.post(CHAT, asked()))
  t.assert.equal(await degraded(), null, 'nothing is known of it yet')
  t.assert.equal(await degraded(), null, 'the pressure is new')
  clock.pass(10_000)
  t.assert.equal(await degraded(), 'short')
  bench.upstream.use(left(1_000))
  t.assert.equal(await degraded(), 'short')
  t.assert.equal(await degraded(), 'short', 'the relief is new')
  clock.pass(60_000)
  t.assert.equal(await degraded(), null)
  const metrics = await bench.gateway.metrics()
  t.assert.equal(metrics.get('sluice_degraded_total{model="chat",step="short"}'), 3)
})

async function waiting(gateway: Gateway, count: number): Promise<void> {
  const queue = gateway.app.api.live.snapshot.routes.get('chat')?.queue
  while (queue?.depth !== count) await new Promise(resolve => setImmediate(resolve))
}

test('a queue that has long been half full makes the answers of newcomers cheaper', async (t: TestContext) => {
  const clock = stopClock(t)
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const held: Handler = async (request, response) => {
    await released
    return ANSWERS(request, response)
  }
  const { gateway } = await withModels(
    t,
    [held],
    { chat: model('a', { degrade: DEGRADE, queue: { maxWait: '2m', maxDepth: 4 } }) },
    { provider: { limits: { concurrency: 1 } } },
  )
  const answers = [gateway.post(CHAT, asked()), gateway.post(CHAT, asked())]
  await waiting(gateway, 1)
  for (const depth of [2, 3]) {
    answers.push(gateway.post(CHAT, asked()))
    await waiting(gateway, depth)
  }
  clock.pass(10_000)
  answers.push(gateway.post(CHAT, asked()))
  await waiting(gateway, 4)
  release()
  const degraded = (await Promise.all(answers)).map(degradedBy)
  t.assert.deepEqual(degraded, [null, null, null, null, 'short'])
})
