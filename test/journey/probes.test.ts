import { type TestContext, test } from 'node:test'
import { stopClock } from '../callers/clock.ts'
import { type Handler, whole } from '../upstream.ts'
import { completion } from './frames.ts'
import { asked, breakerOf, CHAT, setUp, waiting } from './setup.ts'

const ANSWERS = whole(completion('answered'))
const CRASH = whole({ error: { message: 'crashed' } }, { status: 500 })

/** A vendor that has failed, one probe of which is on its way until the test lets it end, and two calls that came meanwhile. */
async function whileProbed(t: TestContext, outcome: Handler, model: object) {
  // However long a busy machine takes, the second for which who comes may wait is not over.
  stopClock(t)
  const verdict = Promise.withResolvers<void>()
  const probed: Handler = (request, response) => verdict.promise.then(() => outcome(request, response))
  const { gateway, upstream } = await setUp(t, [[CRASH, probed, ANSWERS]], {
    provider: { breaker: { minimumCalls: 1, openFor: '20ms', probes: 1, closeAfter: 1 } },
    model,
  })
  t.assert.equal((await gateway.post(CHAT, asked())).status, 500)
  while ((await breakerOf(gateway, 'a')) !== 1) await new Promise(resolve => setImmediate(resolve))
  const probe = gateway.post(CHAT, asked())
  await upstream.request(1)
  const others = [gateway.post(CHAT, asked()), gateway.post(CHAT, asked())]
  return { gateway, upstream, probe, others, verdict }
}

test('who comes while a vendor is probed waits for what the probe finds, and is answered when it is well', async (t: TestContext) => {
  const { gateway, probe, others, verdict } = await whileProbed(t, ANSWERS, { queue: {} })
  await waiting(gateway, 2)
  verdict.resolve()
  const statuses = (await Promise.all([probe, ...others])).map(({ status }) => status)
  t.assert.deepEqual(statuses, [200, 200, 200])
})

test('who waits for a probe that fails is told at once, and the vendor is not asked for it', async (t: TestContext) => {
  const { gateway, upstream, probe, others, verdict } = await whileProbed(t, CRASH, { queue: {} })
  await waiting(gateway, 2)
  verdict.resolve()
  t.assert.equal((await probe).status, 500)
  for (const answer of await Promise.all(others)) {
    t.assert.equal(answer.status, 503)
    t.assert.match(String(answer.headers.get('retry-after')), /^\d+$/)
  }
  t.assert.equal(upstream.requests.length, 2)
})

test('without a queue nobody waits for a probe', async (t: TestContext) => {
  const { probe, others, verdict } = await whileProbed(t, ANSWERS, {})
  for (const answer of await Promise.all(others)) t.assert.equal(answer.status, 503)
  verdict.resolve()
  t.assert.equal((await probe).status, 200)
})
