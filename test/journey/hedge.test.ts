import { type TestContext, test } from 'node:test'
import { silence, stream, whole } from '../upstream.ts'
import { chatStream, completion, MESSAGE_START } from './frames.ts'
import { asked, CHAT, setUp } from './setup.ts'

const HEDGED = { model: { hedge: { after: '20ms', budget: 1 } } }
const HANGS = new Promise<void>(() => {})

for (const [name, slow, well, body, outputTokens] of [
  ['a whole answer', silence(), whole(completion('answered')), asked(), 0],
  ['a stream', stream([MESSAGE_START, HANGS]), stream(chatStream('answered')), asked({ stream: true }), 1],
] as const) {
  test(`of ${name} the slower vendor is hung up on, and told with what it may bill`, async (t: TestContext) => {
    const { gateway, upstream } = await setUp(t, [slow, well], {
      ...HEDGED,
      types: ['anthropic', 'openai-compatible'],
    })
    const response = await gateway.post(CHAT, body)
    t.assert.match(await response.text(), /answered/)
    t.assert.equal(response.headers.get('x-sluice-target'), 'b/m')
    t.assert.equal(response.headers.get('x-sluice-attempts'), '2')
    t.assert.equal(response.headers.get('x-sluice-failed'), 'a/m: cancelled')
    t.assert.equal(await (await upstream.request(0)).over, 'cut')

    const line = await gateway.ended(1)
    // As Anthropic reported it; where nothing was, a token for four bytes.
    const inputTokens = outputTokens > 0 ? 7 : Math.ceil(JSON.stringify(body).length / 4)
    t.assert.deepEqual(line.wasted, { inputTokens, outputTokens, estimated: true })
    t.assert.deepEqual(line.tried, ['a/m: cancelled (the other attempt answered first)', 'b/m (hedge): ok'])
    const metrics = await gateway.metrics()
    t.assert.equal(metrics.get('sluice_hedges_total{outcome="ok"}'), 1)
    t.assert.equal(metrics.get('sluice_retries_total'), 0)
    const wasted = (type: string) =>
      metrics.get(`sluice_wasted_tokens_total{provider="a",model="m",estimated="true",type="${type}"}`)
    t.assert.deepEqual([wasted('input'), wasted('output')], [inputTokens, outputTokens])
  })
}

test('a vendor that answers in time is alone asked', async (t: TestContext) => {
  const { gateway, upstreams } = await setUp(t, [whole(completion('answered')), whole(completion('late'))], {
    model: { hedge: { after: '1m' } },
  })
  const response = await gateway.post(CHAT, asked())
  t.assert.match(await response.text(), /answered/)
  t.assert.equal(upstreams[1]?.requests.length, 0)
  t.assert.equal((await gateway.ended(1)).wasted, undefined)
})
