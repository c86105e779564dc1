import { normalizeIP } from '@fastify/rate-limit'
import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Caller } from '../src/config/callers.ts'
import { refuseStrangers } from '../src/config/loopback.ts'
import { AddressLimited, KeyDisabled, KeyExpired, KeyMissing, KeyUnknown, type SluiceError } from '../src/errors.ts'
import { MemoryBuckets } from '../src/limits/memory-buckets.ts'
import { wholeSeconds } from '../src/retry-after.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The key may also be in the query, where Google's clients put it. */
    keyInQuery?: boolean
  }
  interface FastifyRequest {
    /** Who calls; undefined while the gateway is open. */
    caller: Caller | undefined
  }
}

/** Failed authentications and unknown routes allowed per address: this burst, refilled within a minute. */
const FAILURES = { capacity: 60, refillPerSecond: 1 }

/** Stage 3: who calls. A known key is never limited by what others behind the same address do. */
export default fp(
  async app => {
    const failures = new MemoryBuckets()
    app.decorateRequest('caller')
    app.addHook('onClose', () => failures.close())

    app.addHook('onRequest', (request, _reply, done) => {
      const { callers } = request.snapshot
      if (callers.open) {
        refuseStrangers(request.headers)
        done()
        return
      }
      const key = shownKey(request)
      const caller = key === undefined ? undefined : callers.find(key)
      const failure = key === undefined ? KeyMissing() : failureOf(caller)
      if (caller === undefined || failure !== undefined) {
        drawOnAddress(request)
        throw failure
      }
      request.caller = caller
      request.record.caller = caller.name
      if (request.is404) drawOnAddress(request)
      done()
    })

    function drawOnAddress(request: FastifyRequest): void {
      const taken = failures.take(normalizeIP(request.ip), FAILURES, 1)
      if (taken.allowed) return
      const { retryAfterMs } = taken
      throw AddressLimited({ retryAfterMs }, wholeSeconds(retryAfterMs))
    }
  },
  { name: 'auth', dependencies: ['meter'] },
)

/** Why the key is refused; undefined where it is valid. */
function failureOf(caller: Caller | undefined): SluiceError | undefined {
  if (caller === undefined) return KeyUnknown()
  if (caller.disabled) return KeyDisabled()
  return caller.expires !== undefined && caller.expires <= Date.now() ? KeyExpired() : undefined
}

/** The key, in any of the places where the vendors' SDKs put it. */
function shownKey(request: FastifyRequest): string | undefined {
  const { authorization, 'x-api-key': anthropic, 'x-goog-api-key': google } = request.headers
  const bearer = authorization === undefined ? undefined : /^bearer +(.+)$/i.exec(authorization)?.[1]
  const key = bearer ?? anthropic ?? google ?? keyInQuery(request)
  return typeof key === 'string' && key !== '' ? key : undefined
}

function keyInQuery({ routeOptions, query }: FastifyRequest): unknown {
  return routeOptions.config.keyInQuery === true ? (query as Record<string, unknown>).key : undefined
}
