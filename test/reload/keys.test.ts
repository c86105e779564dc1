import { type TestContext, test } from 'node:test'
import { setUp } from './setup.ts'

const KEY = 'sk-sluice-test-of-a-key-that-is-disabled'

function configOf(disabled: boolean): object {
  return {
    providers: { sim: { type: 'sim', sim: { latency: '0ms', jitter: '0ms' } } },
    keys: [
      { name: 'staying', key: `${KEY}-not` },
      { name: 'leaving', key: KEY, disabled },
    ],
  }
}

test('C17: a key that the operator disables is refused from the reload on, and others are not', async (t: TestContext) => {
  const { gateway, reload } = await setUp(t, configOf(false))
  const ask = async (key: string): Promise<number> => {
    const body = { model: 'sim/echo', messages: [{ role: 'user', content: 'Hello' }] }
    const response = await gateway.post('/v1/chat/completions', body, { authorization: `Bearer ${key}` })
    await response.arrayBuffer()
    return response.status
  }
  t.assert.deepEqual([await ask(KEY), await ask(`${KEY}-not`)], [200, 200])
  await reload(configOf(true))
  t.assert.deepEqual([await ask(KEY), await ask(`${KEY}-not`)], [401, 200])
})
