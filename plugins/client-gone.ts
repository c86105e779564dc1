import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { Presence } from '../src/relay/presence.ts'
import type { Snapshot } from '../src/routing/reload/snapshot.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The snapshot in force when the request arrived; fixed for its life. */
    snapshot: Snapshot
    /** Whether the client is still connected. */
    presence: Presence
    /** Aborted when the client disconnects before its answer is complete. */
    readonly clientGone: AbortSignal
  }
}

/**
 * Stage 1: fixes the snapshot and detects a client that disconnects. `request.raw` cannot: its `close` fires as soon as the body of a
 * POST has been read. The response's `close` before our own last write can.
 */
export default fp(
  async app => {
    app.decorateRequest('snapshot')
    app.decorateRequest('presence')
    app.decorateRequest('clientGone', {
      getter(this: FastifyRequest) {
        return this.presence.signal
      },
    })
    app.addHook('onRequest', (request, reply, done) => {
      const presence = new Presence()
      request.snapshot = app.live.snapshot
      request.snapshot.requests.begin()
      request.presence = presence
      reply.raw.on('close', () => presence.closed(reply.raw.writableEnded))
      done()
    })
  },
  { name: 'client-gone', dependencies: ['live'] },
)
