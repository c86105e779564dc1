import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { idempotencyKey } from '../src/cache/key.ts'
import { answersBytes } from '../src/call/operations.ts'
import { IdempotencyConflict } from '../src/errors.ts'

/** Larger outcomes are not stored. */
const MAX_BYTES = 4 * 1024 * 1024

/** Stage 7: a client's retry under the same `idempotency-key` is answered with the outcome of the first request, which is billed once. */
export default fp(
  async app => {
    app.addHook('preHandler', (request, reply, done) => {
      const word = request.headers['idempotency-key']
      if (word === undefined || word === '' || request.call === undefined) done()
      else if (request.snapshot.config.idempotency.ttl === 0 || answersBytes(request.call.operation)) done()
      else answer(app, request, reply, String(word)).then(answered => answered || done(), done)
    })
  },
  { name: 'idempotency', dependencies: ['answers'] },
)

/** Resolves with false when an upstream call is needed, or one in flight is to be joined. Rejects with IdempotencyConflict. */
async function answer(
  app: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
  word: string,
): Promise<boolean> {
  const { requestKey, record, caller } = request
  const { ttl, linger } = request.snapshot.config.idempotency
  const key = idempotencyKey({ caller: caller?.name, endpoint: record.endpoint }, word)
  const known = app.flights.get(key) ?? (await request.findKept(key))?.answer
  const onReplay = () => {
    record.replayed = true
    reply.header('x-sluice-idempotent', 'replayed')
  }
  if (known !== undefined) {
    if (known.requestKey !== requestKey) throw IdempotencyConflict()
    onReplay()
  }
  if (known !== undefined && 'body' in known) {
    reply.replay(known)
    return true
  }
  request.claims = [
    {
      key,
      requestKey,
      lingers: linger,
      maxBytes: MAX_BYTES,
      // Another may begin, and even end, while this request looks in Redis, here and then for the cache.
      missed: () => app.cache.here(key)?.answer,
      onJoin: onReplay,
      keep: kept => app.cache.set(key, kept, { ttl, staleFor: 0 }),
    },
  ]
  return false
}
