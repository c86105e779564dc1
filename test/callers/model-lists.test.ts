import { type TestContext, test } from 'node:test'
import { readNames } from '../../src/routing/vendor-models.ts'
import { setUp } from '../journey/setup.ts'
import { whole } from '../upstream.ts'
import { stopClock } from './clock.ts'

const VENDORS = { modelLists: { vendors: true, ttl: '10m' } }

function listOf(...ids: string[]): object {
  return { object: 'list', data: ids.map(id => ({ id, object: 'model' })) }
}

async function names(url: string, headers: Record<string, string> = {}): Promise<string[]> {
  const answer = await fetch(`${url}/v1/models`, { headers })
  return ((await answer.json()) as { data: { id: string }[] }).data.map(({ id }) => id)
}

test('vendors are asked for their lists when somebody first wants to know, once, and their models are shown beside ours', async (t: TestContext) => {
  const { gateway, upstream } = await setUp(t, [whole(listOf('m', 'large', 'meta/small'))], { config: VENDORS })
  t.assert.equal(upstream.requests.length, 0)
  const shown = ['chat', 'a/m', 'a/large', 'a/meta/small']
  t.assert.deepEqual(await names(gateway.url), shown)
  t.assert.deepEqual(await names(gateway.url), shown)
  t.assert.equal(upstream.requests.length, 1)
  t.assert.equal((await fetch(`${gateway.url}/v1/models/a/meta/small`)).status, 200)
})

test("Anthropic's list is asked for whole, and shown in the client's own shape", async (t: TestContext) => {
  const { gateway, upstream } = await setUp(t, [whole({ data: [{ type: 'model', id: 'claude' }], has_more: false })], {
    types: ['anthropic'],
    config: VENDORS,
  })
  const headers = { 'anthropic-version': '2023-06-01' }
  const answer = await fetch(`${gateway.url}/v1/models`, { headers })
  const { data, has_more: more } = (await answer.json()) as { data: { type: string; id: string }[]; has_more: boolean }
  t.assert.deepEqual(data.at(-1)?.id, 'a/claude')
  t.assert.deepEqual([data.at(-1)?.type, more], ['model', false])
  t.assert.equal((await upstream.request(0)).url, '/v1/models?limit=1000')
})

test('a caller is shown what it may use', async (t: TestContext) => {
  const keys = [{ name: 'caller', key: 'key-of-the-caller-1', models: ['a/large*'] }]
  const { gateway } = await setUp(t, [whole(listOf('m', 'large-1', 'small'))], { config: { ...VENDORS, keys } })
  t.assert.deepEqual(await names(gateway.url, { 'x-api-key': 'key-of-the-caller-1' }), ['a/large-1'])
})

test('a vendor that does not say what it has takes nothing away', async (t: TestContext) => {
  const { gateway } = await setUp(t, [whole({ error: { message: 'no' } }, { status: 500 }), whole(listOf('large'))], {
    config: VENDORS,
  })
  t.assert.deepEqual(await names(gateway.url), ['chat', 'a/m', 'b/m', 'b/large'])
})

test('a failure keeps the old list, and a new one is fetched while the old one is shown', async (t: TestContext) => {
  const clock = stopClock(t)
  const { gateway, upstream } = await setUp(t, [whole(listOf('old'))], {
    config: VENDORS,
  })
  t.assert.deepEqual(await names(gateway.url), ['chat', 'a/m', 'a/old'])
  upstream.use(whole({ error: { message: 'no' } }, { status: 503 }))
  clock.pass(600_000)
  t.assert.deepEqual(await names(gateway.url), ['chat', 'a/m', 'a/old'])
  await upstream.request(1)
  t.assert.deepEqual(await names(gateway.url), ['chat', 'a/m', 'a/old'])
})

test('unless the config says so no vendor is asked', async (t: TestContext) => {
  const { gateway, upstream } = await setUp(t, [whole(listOf('large'))])
  t.assert.deepEqual(await names(gateway.url), ['chat', 'a/m'])
  t.assert.equal(upstream.requests.length, 0)
})

test('lists of any form are read, and of each only names that can be asked for', t => {
  t.assert.deepEqual(readNames({ models: [{ name: 'models/gemini-2.5-pro' }] }), ['gemini-2.5-pro'])
  t.assert.deepEqual(readNames(listOf('good', '../bad', 'a b', 'x'.repeat(300)) as never), ['good'])
  t.assert.deepEqual(readNames('<html>'), [])
  t.assert.deepEqual(readNames({ data: 7 }), [])
})
