import rateLimit from '@fastify/rate-limit'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Caller } from '../src/config/callers.ts'
import { LimitRequests } from '../src/errors.ts'
import { limitHeaders } from '../src/limits/headers.ts'
import { CountedKey, rateLimitStore, requestBucket } from '../src/limits/rate-limit-store.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Stage 4 took a token of the caller's; whoever refuses the request later gives it back. */
    refundRequest(): void
    /** What the caller's bucket answered. */
    countedKey: CountedKey | undefined
  }
}

const MINUTE = 60_000
const SETTING = 'keys[].limits.requestsPerMinute'
const NO_HEADERS = { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false }

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
      keyGenerator: request => countedKey(request) as unknown as string,
      allowList: request => request.caller?.limit === undefined,
      max: request => limitOf(request).burst,
      timeWindow: request => windowOf(limitOf(request)),
      errorResponseBuilder: (request, { ttl }) => refusal(request, ttl),
      addHeadersOnExceeding: NO_HEADERS,
      addHeaders: { ...NO_HEADERS, 'retry-after': false },
    })
    app.decorateRequest('countedKey')
    app.decorateRequest('refundRequest', function (this: FastifyRequest) {
      const limit = this.caller?.limit
      if (limit !== undefined)
        app.buckets.refund(bucketKey(this.caller), requestBucket(limit.burst, windowOf(limit)), 1)
    })
    app.addHook('onRoute', route => {
      if (route.config?.rateLimit) route.onRequest = [route.onRequest ?? [], showLimit].flat()
    })

    function refusal(request: FastifyRequest, ttl: number) {
      app.meters.limited.inc({ limit: 'requests' })
      const { requestsPerMinute, burst } = limitOf(request)
      const seconds = Math.max(1, Math.ceil(ttl / 1000))
      const headers = limitHeaders('requests', burst, 0, seconds)
      return LimitRequests({ retryAfter: seconds, headers }, requestsPerMinute, seconds, SETTING)
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

function countedKey(request: FastifyRequest): CountedKey {
  const key = new CountedKey(bucketKey(request.caller))
  request.countedKey = key
  return key
}

/** OpenAI's header names, which its SDKs read; the plugin's own are fixed. */
function showLimit({ countedKey, caller }: FastifyRequest, reply: FastifyReply, done: () => void): void {
  const taken = countedKey?.taken
  if (taken !== undefined && caller?.limit !== undefined) {
    reply.headers(limitHeaders('requests', caller.limit.burst, taken.remaining, Math.ceil(taken.resetMs / 1000)))
  }
  done()
}
