import type { FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import { cacheKey } from '../src/cache/key.ts'
import { type CachedAnswer, MemoryCache } from '../src/cache/memory-cache.ts'
import { lossHeaders } from '../src/relay/loss-headers.ts'

declare module 'fastify' {
  interface FastifyInstance {
    cache: MemoryCache
  }
  interface FastifyRequest {
    /** Keeps the finished answer; set where the model's answers are cached and this one was not there. */
    keepAnswer: ((answer: Omit<CachedAnswer, 'losses'>) => void) | undefined
  }
}

/** Stage 7: an equal request of the same caller is answered from memory, where the model says so; a stream as a stream. */
export default fp(
  async app => {
    const cache = new MemoryCache(() => performance.now())
    app.decorate('cache', cache)
    app.decorateRequest('keepAnswer')
    app.addHook('preHandler', (request, reply, done) => {
      const { call, route, caller, record } = request
      const ttl = call === undefined ? undefined : request.snapshot.config.models[route.name]?.cache?.ttl
      if (ttl === undefined) {
        done()
        return
      }
      const { query, headers } = call
      // What a plugin has made of the call is asked, not what came.
      const body = call.replaced ? JSON.stringify(call.decode()) : call.body
      const key = cacheKey({ caller: caller?.name, endpoint: record.endpoint, query, headers, body })
      const answer = cache.get(key)
      const result = answer === undefined ? 'miss' : 'hit'
      app.meters.cache.inc({ result })
      reply.header('x-sluice-cache', result)
      if (answer !== undefined) {
        replay(reply, answer)
        return
      }
      request.keepAnswer = finished => cache.set(key, { ...finished, losses: record.losses }, ttl)
      done()
    })
  },
  { name: 'cache', dependencies: ['budget'] },
)

function replay(reply: FastifyReply, { contentType, body, target, losses }: CachedAnswer): void {
  reply.headers(lossHeaders(losses))
  reply.header('content-type', contentType).header('x-sluice-target', target).header('x-sluice-attempts', 0)
  if (contentType.startsWith('text/event-stream'))
    reply.header('cache-control', 'no-cache').header('x-accel-buffering', 'no')
  reply.send(body)
}
