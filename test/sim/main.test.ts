import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { readArguments } from '../../src/sim/main.ts'

const MAIN = new URL('../../src/sim/main.ts', import.meta.url).pathname

test('the command line says every option', () => {
  const line = '--port 1 --latency 2 --jitter 3 --tokens-per-second 4 --batch --error-rate 0.5 --requests-per-second 6'
  const more = '--burst 8 --tail 0.1,1.5 --brown-out 1,2,0.2 --drip 3,4,0.5'
  const outages = '--outage 10,20 --outage 10,20,30 --outage 1,2,,cut --seed 7'
  assert.deepEqual(readArguments(`${line} ${more} ${outages}`.split(' ')), {
    port: 1,
    latency: 2,
    jitter: 3,
    tokensPerSecond: 4,
    batch: true,
    errorRate: 0.5,
    requestsPerSecond: 6,
    burst: 8,
    tail: { share: 0.1, shape: 1.5 },
    brownOuts: [{ after: 1, for: 2, errorRate: 0.2 }],
    drips: [{ after: 3, for: 4, tokensPerSecond: 0.5 }],
    outages: [
      { after: 10, for: 20 },
      { after: 10, for: 20, every: 30 },
      { after: 1, for: 2, how: 'cut' },
    ],
    seed: 7,
  })
})

test('a command line that cannot be understood is refused', () => {
  for (const line of [
    '--latency=soon',
    '--latency=',
    '--jitter=-1',
    '--outage=1',
    '--outage=1,2,3,now',
    '--nothing',
    '--tail=1',
    '--drip=1,2',
  ]) {
    assert.throws(() => readArguments([line]), Error, line)
  }
})

test('on its own it prints its URL, answers there, and ends on SIGTERM', async () => {
  const child = spawn(process.execPath, [MAIN], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const [url] = await once(createInterface(child.stdout), 'line')
    assert.equal((await fetch(`${url}/v1/models`)).status, 200)
    const exit = once(child, 'exit')
    child.kill('SIGTERM')
    assert.deepEqual(await exit, [0, null])
  } finally {
    child.kill('SIGKILL')
  }
})
