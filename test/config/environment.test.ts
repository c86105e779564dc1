import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readEnvironment } from '../../src/config/environment.ts'
import { ConfigError } from '../../src/config/problem.ts'

test('numbers are numbers, and what Sluice does not know is left out', async () => {
  const environment = await readEnvironment({ PORT: '9000', HOST: '127.0.0.2', PATH: '/bin', DATABASE_URL: 'x' })
  assert.deepEqual(environment, { PORT: 9000, HOST: '127.0.0.2' })
})

test('a variable that is set to nothing is not set', async () => {
  assert.deepEqual(await readEnvironment({ PORT: '', SLUICE_ADMIN_KEY: '', WORKERS: '' }), {})
})

test('every bad variable is named in a line of its own, and no value is shown', async () => {
  const variables = { PORT: 'abc', OPS_PORT: '70000', LOG_LEVEL: 'loud', WORKERS: '4' }
  await assert.rejects(readEnvironment(variables), (error: unknown) => {
    assert.ok(error instanceof ConfigError)
    const lines = error.message.split('\n')
    assert.deepEqual(
      lines.map(line => /^environment variable (\w+): /.exec(line)?.[1]),
      ['PORT', 'OPS_PORT', 'LOG_LEVEL', 'WORKERS'],
    )
    assert.doesNotMatch(error.message, /abc|70000|loud/)
    assert.match(lines[3] ?? '', /not supported yet/)
    return true
  })
})

test('one worker is what there is', async () => {
  assert.deepEqual(await readEnvironment({ WORKERS: '1' }), { WORKERS: 1 })
})

test('a second reading is not marked by the first', async () => {
  await readEnvironment({ PORT: '9000' })
  assert.deepEqual(await readEnvironment({}), {})
})
