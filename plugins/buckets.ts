import fp from 'fastify-plugin'
import type { BucketStore } from '../src/limits/bucket.ts'
import { openBuckets } from '../src/limits/open.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Where limits are counted: here, or in Redis when several gateways share them. */
    buckets: BucketStore
  }
}

/** Opens the bucket store that the config names; does not wait for Redis. */
export default fp<{ redisUrl: string | undefined }>(
  async (app, { redisUrl }) => {
    const buckets = await openBuckets({
      redisUrl,
      onState: (state, reason) => {
        app.meters.limitsShared.set({}, state === 'shared' ? 1 : 0)
        app.log.warn({ state, reason }, 'where limits are counted changed')
      },
    })
    app.decorate('buckets', buckets)
    app.addHook('onClose', () => buckets.close())
  },
  { name: 'buckets', dependencies: ['meter'] },
)
