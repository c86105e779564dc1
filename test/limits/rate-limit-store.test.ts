import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import rateLimit from '@fastify/rate-limit'
import fastify, { type FastifyInstance } from 'fastify'
import type { BucketStore } from '../../src/limits/bucket.ts'
import { MemoryBuckets } from '../../src/limits/memory-buckets.ts'
import { CountedKey, MOST, rateLimitStore, requestBucket } from '../../src/limits/rate-limit-store.ts'

const LIMIT = requestBucket({ requestsPerMinute: 3, burst: 3 })

/** Two routes, one of them with options of its own, under one limit of 3 a minute for those who say who they are. */
async function appOn(t: TestContext, buckets: BucketStore): Promise<FastifyInstance> {
  const app = fastify()
  t.after(() => app.close())
  await app.register(rateLimit, {
    store: rateLimitStore(buckets),
    max: MOST,
    timeWindow: 60_000,
    keyGenerator: ({ headers }) =>
      (headers.caller === undefined ? undefined : new CountedKey(String(headers.caller), LIMIT)) as unknown as string,
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

test('a refusal says when the bucket has a token again', async t => {
  const app = await appOn(t, new MemoryBuckets(() => 0))
  for (let count = 0; count < 3; count += 1) await call(app, '/chat')
  const refused = await call(app, '/chat')
  assert.deepEqual([refused.statusCode, String(refused.headers['retry-after'])], [429, '20'])
})

test('who has no key is not counted', async t => {
  const app = await appOn(t, new MemoryBuckets(() => 0))
  for (let count = 0; count < 5; count += 1) assert.equal((await app.inject('/chat')).statusCode, 200)
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

test('a token that was given back can be taken again', async t => {
  const buckets = new MemoryBuckets(() => 0)
  const app = await appOn(t, buckets)
  for (let count = 0; count < 3; count += 1) await call(app, '/chat')
  buckets.refund('team', LIMIT, 1)
  assert.equal((await call(app, '/chat')).statusCode, 200)
})
