import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import rateLimit from '@fastify/rate-limit'
import fastify, { type FastifyInstance } from 'fastify'
import type { BucketStore } from '../../src/limits/bucket.ts'
import { MemoryBuckets } from '../../src/limits/memory-buckets.ts'
import { rateLimitStore, requestBucket } from '../../src/limits/rate-limit-store.ts'

/** Two routes, one of them with options of its own, under one limit of 3 a minute. */
async function appOn(t: TestContext, buckets: BucketStore): Promise<FastifyInstance> {
  const app = fastify()
  t.after(() => app.close())
  await app.register(rateLimit, {
    store: rateLimitStore(buckets),
    max: 3,
    timeWindow: 60_000,
    keyGenerator: request => String(request.headers.caller),
  })
  app.get('/chat', async () => 'chat')
  app.get('/messages', { config: { rateLimit: {} } }, async () => 'messages')
  return app
}

const call = (app: FastifyInstance, url: string) => app.inject({ url, headers: { caller: 'team' } })

test('D6: one limit holds over all routes', async t => {
  let now = 0
  const app = await appOn(t, new MemoryBuckets(() => now))
  const statuses: number[] = []
  for (const url of ['/chat', '/messages', '/chat', '/messages', '/chat'])
    statuses.push((await call(app, url)).statusCode)
  assert.deepEqual(statuses, [200, 200, 200, 429, 429])
  now += 20_000
  assert.deepEqual([(await call(app, '/messages')).statusCode, (await call(app, '/chat')).statusCode], [200, 429])
})

test('the headers of the plugin say what the bucket says', async t => {
  const app = await appOn(t, new MemoryBuckets(() => 0))
  const first = await call(app, '/chat')
  const shown = ['limit', 'remaining', 'reset'].map(name => Number(first.headers[`x-ratelimit-${name}`]))
  assert.deepEqual(shown, [3, 2, 20])
  await call(app, '/chat')
  await call(app, '/chat')
  const refused = await call(app, '/chat')
  assert.deepEqual([refused.statusCode, String(refused.headers['retry-after'])], [429, '20'])
})

test('a store that answers later is awaited', async t => {
  const memory = new MemoryBuckets(() => 0)
  const later: BucketStore = {
    take: async (key, bucket, cost) => memory.take(key, bucket, cost),
    refund: (key, bucket, cost) => memory.refund(key, bucket, cost),
    close: () => memory.close(),
  }
  const app = await appOn(t, later)
  const statuses: number[] = []
  for (let count = 0; count < 4; count += 1) statuses.push((await call(app, '/chat')).statusCode)
  assert.deepEqual(statuses, [200, 200, 200, 429])
})

test('a refused request may be given its token back by the bucket that the plugin meant', async t => {
  const buckets = new MemoryBuckets(() => 0)
  const app = await appOn(t, buckets)
  for (let count = 0; count < 3; count += 1) await call(app, '/chat')
  buckets.refund('team', requestBucket(3, 60_000), 1)
  assert.equal((await call(app, '/chat')).statusCode, 200)
})

test('a maximum of 0 lets nothing through and names a wait that is a number', (_, done) => {
  const Store = rateLimitStore(new MemoryBuckets(() => 0))
  const callback = (error: Error | null, result?: { current: number; ttl: number }): void => {
    assert.deepEqual([error, result], [null, { current: 1, ttl: 60_000 }])
    done()
  }
  new Store().child().incr('team', callback, 60_000, 0)
})
