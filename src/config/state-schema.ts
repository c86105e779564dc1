import { z } from 'zod'
import { boolean, duration, number, redisUrl } from './scalars.ts'

export const state = z
  .strictObject({
    redis: redisUrl().optional().describe('Redis or Valkey, for several gateways; memory unless set.'),
    localShare: number(0.001, 1)
      .prefault(1)
      .describe('Part of each limit that a gateway allows by itself while Redis is away: 0.5 for two gateways, say.'),
    slotTtl: duration()
      .prefault('30s')
      .describe('How long Redis counts a request at a time (`concurrency`) of a gateway that has died.'),
    timeout: duration()
      .prefault('22ms')
      .describe(
        'Longest wait for one answer of Redis; a request waits twice this at most, and goes on by the limits of this gateway.',
      ),
  })
  .transform(({ redis, ...rest }): typeof rest & { redis?: string } => (redis ? { ...rest, redis } : rest))
  .prefault({})
  .describe('Where limits are counted and answers kept.')

export const responses = z
  .strictObject({
    state: boolean()
      .prefault(false)
      .describe(
        'Keep the conversations of `/v1/responses` here for vendors that keep none, so that `previous_response_id` works with all of them.',
      ),
    ttl: duration()
      .prefault('7d')
      .describe('How long a response can be gone on from, and read by its id; the vendor may forget it sooner.'),
  })
  .prefault({})
  .describe('What is remembered of responses: who gave them to whom. Kept where answers are (`state.redis`).')
