import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { KeptAnswer } from '../src/cache/answer.ts'
import type { Claim } from '../src/cache/flight.ts'
import { cacheKey } from '../src/cache/key.ts'
import { openStore } from '../src/cache/open.ts'
import type { AnswerStore, Found } from '../src/cache/store.ts'
import type { Config } from '../src/config/config.ts'
import { ARRAY_HEADERS, jsonArrayOf } from '../src/relay/json-array.ts'
import { SSE } from '../src/relay/sse.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The answer store: in memory, and in Redis when several gateways share it. */
    cache: AnswerStore
  }
  interface FastifyRequest {
    /** The cache key: identical requests of one caller on one route have the same. */
    readonly requestKey: string
    /** Looks a key up. A slow Redis is waited for no longer than the time that all commands of a request may take together. */
    findKept(key: string): Promise<Found | undefined>
    /** The keys under which this request may share an upstream call with others; undefined for most. */
    claims: Claim[] | undefined
  }
  interface FastifyReply {
    /** Sends an answer that was stored, or made for another request. */
    replay(answer: KeptAnswer): FastifyReply
  }
}

/** Opens the answer store that the config names; computes cache keys and replays stored answers. */
export default fp<{ state: Config['state'] }>(
  async (app, { state: { redis, timeout } }) => {
    const store = await openStore({
      redisUrl: redis,
      timeout,
      now: () => performance.now(),
      onState: (state, reason) => app.log.warn({ state, reason }, 'where answers are kept changed'),
    })
    app.decorate('cache', store)
    app.decorateRequest('claims')
    app.decorateRequest('requestKey', {
      getter(this: FastifyRequest) {
        const { call, caller, record } = this
        // A plugin may have replaced the call: its version counts.
        const body = call.replaced ? JSON.stringify(call.decode()) : call.body
        const { query, path, headers } = call
        return cacheKey({ caller: caller?.name, endpoint: record.endpoint, query, path, headers, body })
      },
    })
    app.decorateRequest('findKept', async function (this: FastifyRequest, key: string) {
      const { record } = this
      const began = performance.now()
      const found = await store.get(key, record.redisMs)
      record.redisMs += performance.now() - began
      return found
    })
    app.decorateReply('replay', function (this: FastifyReply, { status, headers, body }: KeptAnswer) {
      const { record, call } = this.request
      this.code(status).headers(headers).header('x-sluice-attempts', record.attempts.length)
      // Streams are stored as events.
      const asArray = call.path?.array === true && headers['content-type'] === SSE.contentType
      return asArray ? this.headers(ARRAY_HEADERS).send(jsonArrayOf(body)) : this.send(body)
    })
    app.addHook('onClose', async () => store.close())
  },
  { name: 'answers', dependencies: ['budget'] },
)
