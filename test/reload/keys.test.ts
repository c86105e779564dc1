import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Gateway } from '../helper.ts'
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

async function ask(gateway: Gateway, key: string): Promise<number> {
  const body = { model: 'sim/echo', messages: [{ role: 'user', content: 'Hello' }] }
  const response = await gateway.post('/v1/chat/completions', body, { authorization: `Bearer ${key}` })
  await response.arrayBuffer()
  return response.status
}

test('C17: a key that the operator disables is refused from the reload on, and others are not', async (t: TestContext) => {
  const { gateway, reload } = await setUp(t, configOf(false))
  t.assert.deepEqual([await ask(gateway, KEY), await ask(gateway, `${KEY}-not`)], [200, 200])
  await reload(configOf(true))
  t.assert.deepEqual([await ask(gateway, KEY), await ask(gateway, `${KEY}-not`)], [401, 200])
})

/** The keys' only store is the config, with the files that it names. */
test('C16: while a file of keys cannot be read, known keys go on and the gateway is ready; what it says is in force once it can', async (t: TestContext) => {
  const { gateway, directory, reload, describe } = await setUp(t, configOf(false))
  const file = join(directory, 'key')
  const stored = { ...configOf(false), keys: [{ name: 'staying', key: `file:${file}` }] }
  writeFileSync(file, KEY)
  await reload(stored)
  rmSync(file)
  await reload({ ...stored, retryBudget: { ratio: 0.3 } })
  t.assert.match(String((await describe()).lastError?.message), /ENOENT/)
  t.assert.deepEqual([await ask(gateway, KEY), await ask(gateway, `${KEY}-not`)], [200, 401])
  t.assert.equal((await fetch(`${gateway.url}/health/ready`)).status, 200)
  writeFileSync(file, `${KEY}-not`)
  await gateway.app.api.reloads.reload()
  t.assert.deepEqual([await ask(gateway, KEY), await ask(gateway, `${KEY}-not`)], [401, 200])
})
