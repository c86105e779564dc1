import rateLimit from '@fastify/rate-limit'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Caller } from '../src/config/callers.ts'
import { LimitRequests } from '../src/errors.ts'
import { rateLimitStore, requestBucket } from '../src/limits/rate-limit-store.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Stage 4 took a token of the caller's; whoever refuses the request later gives it back. */
    refundRequest(): void
  }
}

const MINUTE = 60_000

/**
 * Stage 4: a token of the caller's bucket for each request, before its body is read. @fastify/rate-limit asks the questions,
 * our token bucket answers them: one bucket a caller over all routes, where the plugin's own store counts windows a route.
 */
export default fp(
  async app => {
    await app.register(rateLimit, {
      global: false,
      hook: 'onRequest',
      store: rateLimitStore(app.buckets),
      // Asked before allowList lets those without a limit pass.
      keyGenerator: request => bucketKey(request.caller),
      allowList: request => request.caller?.limit === undefined,
      max: request => limitOf(request).burst,
      timeWindow: request => windowOf(limitOf(request)),
      errorResponseBuilder: (request, { ttl }) => refusal(request, ttl),
      addHeaders: {
        'x-ratelimit-limit': false,
        'x-ratelimit-remaining': false,
        'x-ratelimit-reset': false,
        'retry-after': false,
      },
    })
    app.decorateRequest('refundRequest', function (this: FastifyRequest) {
      const limit = this.caller?.limit
      if (limit !== undefined)
        app.buckets.refund(bucketKey(this.caller), requestBucket(limit.burst, windowOf(limit)), 1)
    })
    app.addHook('onRoute', route => {
      if (route.config?.rateLimit) route.onRequest = [route.onRequest ?? [], renameHeaders].flat()
    })

    function refusal(request: FastifyRequest, ttl: number) {
      app.meters.limited.inc({ limit: 'requests' })
      const { requestsPerMinute, burst } = limitOf(request)
      const seconds = Math.max(1, Math.ceil(ttl / 1000))
      const headers = limitHeaders(burst, 0, seconds)
      return LimitRequests({ retryAfter: seconds, headers }, requestsPerMinute, seconds)
    }
  },
  { name: 'request-limit', dependencies: ['auth', 'buckets'] },
)

function limitOf(request: FastifyRequest): NonNullable<Caller['limit']> {
  return (request.caller as Caller).limit as NonNullable<Caller['limit']>
}

/** In how many ms a bucket of `burst` refills at `requestsPerMinute`. */
function windowOf({ requestsPerMinute, burst }: NonNullable<Caller['limit']>): number {
  return (burst * MINUTE) / requestsPerMinute
}

function bucketKey(caller: Caller | undefined): string {
  return caller === undefined ? '' : `requests:${caller.name}`
}

/** The plugin's header names are fixed; ours are OpenAI's, which its SDKs read. */
function renameHeaders(_request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  const limit = reply.getHeader('x-ratelimit-limit')
  if (limit !== undefined) {
    reply.headers(limitHeaders(limit, reply.getHeader('x-ratelimit-remaining'), reply.getHeader('x-ratelimit-reset')))
    for (const name of ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset']) reply.removeHeader(name)
  }
  done()
}

function limitHeaders(limit: unknown, remaining: unknown, seconds: unknown): Record<string, string> {
  return {
    'x-ratelimit-limit-requests': String(limit),
    'x-ratelimit-remaining-requests': String(remaining),
    'x-ratelimit-reset-requests': `${seconds}s`,
  }
}
