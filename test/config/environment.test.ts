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
  const variables = { PORT: 'abc', OPS_PORT: '70000', LOG_LEVEL: 'loud', WORKERS: '1000' }
  await assert.rejects(readEnvironment(variables), (error: unknown) => {
    assert.ok(error instanceof ConfigError)
    const lines = error.message.split('\n')
    assert.deepEqual(
      lines.map(line => /^environment variable (\w+): /.exec(line)?.[1]),
      ['PORT', 'OPS_PORT', 'LOG_LEVEL', 'WORKERS'],
    )
    assert.doesNotMatch(error.message, /abc|70000|loud|1000/)
    return true
  })
})

for (const bad of ['0', '-1', '1.5', 'abc', '100', '1000', 'AUTO']) {
  test(`${bad} is no number of workers`, async () => {
    const message = 'environment variable WORKERS: must be a number from 1 to 99, or auto'
    await assert.rejects(readEnvironment({ WORKERS: bad }), { message })
  })
}

test('a number of workers is taken, and the word for as many as there are cores', async () => {
  for (const good of ['1', '2', '99', 'auto']) {
    assert.deepEqual(await readEnvironment({ WORKERS: good }), { WORKERS: good })
  }
})

test('a second reading is not marked by the first', async () => {
  await readEnvironment({ PORT: '9000' })
  assert.deepEqual(await readEnvironment({}), {})
})
