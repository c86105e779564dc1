import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { isCacheable } from '../src/cache/answer.ts'
import { answersBytes } from '../src/call/operations.ts'
import type { Route } from '../src/routing/target.ts'

/** Stage 7: an identical request of the same caller is answered from the cache, where the model has one; streams as streams. */
export default fp(
  async app => {
    app.addHook('preHandler', (request, reply, done) => {
      const settings = request.route?.cache
      if (settings === undefined || request.record.replayed || answersBytes(request.call.operation)) done()
      else answer(app, request, reply, settings).then(answered => answered || done(), done)
    })
  },
  { name: 'cache', dependencies: ['answers'] },
)

/** Resolves with false when an upstream call is needed. */
async function answer(
  app: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
  { ttl, staleIfError, maxSize }: NonNullable<Route['cache']>,
): Promise<boolean> {
  const { requestKey, record } = request
  const found = app.flights.get(requestKey) === undefined ? await request.findKept(requestKey) : undefined
  const step = found?.fresh === false ? staleStep(request) : undefined
  record.cache = found?.fresh ? 'hit' : step === undefined ? 'miss' : 'stale'
  reply.header('x-sluice-cache', record.cache)
  if (step !== undefined) {
    record.degraded = [step]
    reply.header('x-sluice-degraded', step)
  }
  if (found !== undefined && record.cache !== 'miss') {
    reply.replay(found.answer)
    return true
  }
  request.claims ??= []
  request.claims.push({
    key: requestKey,
    requestKey,
    lingers: 0,
    maxBytes: maxSize,
    stale: found?.answer,
    keep: (kept, finish) => {
      if (isCacheable(kept, finish)) app.cache.set(requestKey, kept, { ttl, staleFor: staleIfError })
    },
  })
  return false
}

/** The degradation step, if taken now, that serves expired answers without an upstream call. */
function staleStep({ route }: FastifyRequest): string | undefined {
  return route.standby?.relief?.due(performance.now()).find(({ stale }) => stale)?.name
}
