import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { redisMissing, startRedis, uniqueKey } from '../redis.ts'
import { whole } from '../upstream.ts'
import { RESPONSES, setUp } from './setup.ts'

suite('responses that several gateways remember', { skip: redisMissing }, () => {
  let redis: Awaited<ReturnType<typeof startRedis>>
  before(async () => {
    redis = await startRedis()
  })
  after(() => redis.stop())

  test('one goes on from what another was asked', async t => {
    const id = uniqueKey()
    const message = { role: 'assistant', content: 'Hi.' }
    const answer = whole({ id, model: 'm', choices: [{ index: 0, message, finish_reason: 'stop' }] })
    const config = { state: { redis: redis.url, timeout: '10s' }, responses: { state: true }, listen: { drain: '1s' } }
    const [first, second] = [await setUp(t, [answer], { config }), await setUp(t, [answer], { config })]
    const connected = ({ gateway }: typeof first) =>
      gateway.logged(({ msg, state }) => msg === 'where answers are kept changed' && state === 'shared')
    await Promise.all([connected(first), connected(second)])
    await (await first.gateway.post(RESPONSES, { model: 'chat', input: 'Hello' })).text()
    const next = { model: 'chat', input: 'And then?', previous_response_id: id }
    const answered = await second.gateway.post(RESPONSES, next)
    assert.equal(answered.status, 200)
    const sent = JSON.parse((await second.upstream.request(0)).body.toString('utf8')) as { messages: unknown[] }
    assert.deepEqual(sent.messages, [
      { role: 'user', content: 'Hello' },
      message,
      { role: 'user', content: 'And then?' },
    ])
  })
})
