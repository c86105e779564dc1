import fp from 'fastify-plugin'
import type { Config } from '../src/config/config.ts'
import type { BucketStore } from '../src/limits/bucket.ts'
import { openLimits } from '../src/limits/open.ts'
import type { ReservationStore } from '../src/limits/reservation.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The token buckets: in memory, or in Redis when several gateways share them. */
    buckets: BucketStore
    /** Reserves what a request may use, in several limits at once. */
    reservations: ReservationStore
  }
}

/** Opens the limits; does not wait for Redis. `share` is the part of them that this process may use by itself. */
export default fp<{ state: Config['state']; share: number }>(
  async (app, { state: { redis, localShare, slotTtl, timeout }, share }) => {
    let shared = false
    const limits = await openLimits({
      redisUrl: redis,
      share,
      localShare,
      slotTtl,
      timeout,
      onState: (state, reason) => {
        shared = state === 'shared'
        app.meters.limitsShared.set({}, shared ? 1 : 0)
        app.log.warn({ state, reason }, 'where limits are counted changed')
      },
    })
    app.decorate('buckets', limits.buckets)
    app.decorate('reservations', limits.reservations)
    app.addHook('onClose', () => limits.close())
    if (redis === undefined) return
    app.addHook('onRequest', ({ caller }, reply, done) => {
      if (!shared && (caller?.limit ?? caller?.rules) !== undefined) reply.header('x-sluice-limits', 'local')
      done()
    })
  },
  { name: 'buckets', dependencies: ['auth'] },
)
