import rateLimit from '@fastify/rate-limit'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Caller } from '../src/config/callers.ts'
import { LimitRequests } from '../src/errors.ts'
import type { Taken } from '../src/limits/bucket.ts'
import { limitHeaders } from '../src/limits/headers.ts'
import { CountedKey, MOST, rateLimitStore, requestBucket } from '../src/limits/rate-limit-store.ts'
import { wholeSeconds } from '../src/retry-after.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Gives the token that stage 4 took back to the caller's bucket, when a later stage refuses the request. */
    refundRequest(): void
    /** The caller's bucket, with its answer. */
    countedKey: CountedKey | undefined
  }
}

/** Required by the plugin, not used by the bucket. */
const WINDOW = 60_000
const SETTING = 'keys[].limits.requestsPerMinute'
const NO_HEADERS = { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false }

/**
 * Stage 4: each request takes a token of its caller's bucket before its body is read. @fastify/rate-limit with our token bucket as its
 * store: one bucket per caller for all routes, where the plugin's own store counts fixed windows per route.
 */
export default fp(
  async app => {
    await app.register(rateLimit, {
      global: false,
      hook: 'onRequest',
      store: rateLimitStore(app.buckets),
      keyGenerator: request => countedKey(request) as unknown as string,
      max: MOST,
      timeWindow: WINDOW,
      errorResponseBuilder: (request, { ttl }) => refusal(request, ttl),
      addHeadersOnExceeding: NO_HEADERS,
      addHeaders: { ...NO_HEADERS, 'retry-after': false },
    })
    app.decorateRequest('countedKey')
    app.decorateRequest('refundRequest', function (this: FastifyRequest) {
      if (this.countedKey !== undefined) app.buckets.refund(this.countedKey.name, this.countedKey.bucket, 1)
    })
    app.addHook('onRoute', route => {
      if (route.config?.rateLimit) route.onRequest = [route.onRequest ?? [], showLimit].flat()
    })

    function refusal({ caller, countedKey }: FastifyRequest, ttl: number) {
      app.meters.limited.inc({ limit: 'requests' })
      const { requestsPerMinute } = (caller as Caller).limit as NonNullable<Caller['limit']>
      const { bucket, taken } = countedKey as CountedKey
      const headers = limitHeaders('requests', bucket, taken as Taken)
      return LimitRequests({ retryAfterMs: ttl, headers }, requestsPerMinute, wholeSeconds(ttl), SETTING)
    }
  },
  { name: 'request-limit', dependencies: ['auth', 'buckets'] },
)

/** None for a caller without a limit. */
function countedKey(request: FastifyRequest): CountedKey | undefined {
  const { caller } = request
  if (caller?.limit === undefined) return undefined
  request.countedKey = new CountedKey(`requests:${caller.name}`, requestBucket(caller.limit))
  return request.countedKey
}

/** OpenAI's header names, which SDKs read; the plugin's own cannot be changed. */
function showLimit({ countedKey, record }: FastifyRequest, reply: FastifyReply, done: () => void): void {
  const taken = countedKey?.taken
  if (countedKey !== undefined && taken !== undefined) {
    record.redisMs += countedKey.waitedMs
    reply.headers(limitHeaders('requests', countedKey.bucket, taken))
  }
  done()
}
