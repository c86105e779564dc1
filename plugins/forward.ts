import replyFrom from '@fastify/reply-from'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Dispatcher } from 'undici'
import type { Attempt } from '../src/routing/attempt/attempt.ts'
import type { Exchange } from '../src/upstream/exchange.ts'
import type { Outcome } from '../src/upstream/outcome.ts'
import { EXCHANGE, requestable } from '../src/upstream/requestable.ts'

declare module 'fastify' {
  interface FastifyReply {
    /** Sends one attempt through reply-from; settles at the head of the answer, never rejects, writes nothing to the reply. */
    forward(attempt: Attempt, exchange: Exchange): Promise<Outcome>
  }
  interface FastifyRequest {
    /** The attempt that is under way. */
    exchange: Exchange
  }
}

/** reply-from calls these with the request, which has the attempt; so they are made only once. */
const STATIC_OPTIONS = {
  getUpstream: (request: unknown) => (request as FastifyRequest).exchange.request.origin,
  // Never the client's own query: it may hold a key.
  queryString: (_search: unknown, _url: unknown, request: unknown) =>
    (request as FastifyRequest).exchange.request.query,
  // Never the client's own headers: they hold its key and its cookies.
  rewriteRequestHeaders: (request: unknown) => {
    const { exchange } = request as FastifyRequest
    return { ...exchange.request.headers, [EXCHANGE]: exchange }
  },
  rewriteHeaders: () => ({}),
  onResponse: () => {},
  retriesCount: 0,
}

/** End of stage 8: reply-from with our own dispatcher, which verifies TLS, aborts, times out, and never retries. */
export default fp(
  async app => {
    await app.register(replyFrom, {
      undici: requestable as unknown as Dispatcher,
      disableRequestLogging: true,
      retryMethods: [],
    })
    app.decorateRequest('exchange')
    app.decorateReply('forward', function (this: FastifyReply, attempt: Attempt, exchange: Exchange) {
      attempt.carriedBy(exchange)
      this.request.presence.watch(exchange)
      // A reply can be in reply-from only once at a time, and a hedge runs beside another attempt; the client that began a shared call
      // may leave before it ends, and its reply with it.
      if (attempt.record.hedge || this.request.flight !== undefined) {
        exchange.start()
        return exchange.outcome
      }
      this.request.exchange = exchange
      const { path, method, body } = exchange.request
      this.from(path, { ...STATIC_OPTIONS, method, body, contentType: 'application/json' } as never)
      return exchange.outcome
    })
  },
  { name: 'forward', dependencies: ['client-gone'] },
)
