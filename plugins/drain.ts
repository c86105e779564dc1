import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { type Entry, Roster } from '../src/roster.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** True from the moment the process is asked to stop. */
    readonly draining: boolean
  }
}

interface Active extends Entry {
  readonly request: FastifyRequest
}

/**
 * Graceful shutdown: readiness turns 503 at once, new requests are still answered but end their connection, and streams finish,
 * up to `limit` ms. Without `connection: close` Fastify would wait for idle keep-alive sockets (over a minute).
 *
 * New connections are accepted for half of that time only: a balancer needs a while to see that this gateway is not ready, and one
 * that never looks (nginx) would go on sending requests until the last of them are cut.
 */
export default fp<{ limit: number }>(
  async (app, { limit }) => {
    let draining = false
    const active = new Roster<Active>()
    let idle: (() => void) | undefined
    app.decorate('draining', { getter: () => draining })

    app.addHook('onRequest', (request, reply, done) => {
      const entry = { request, slot: -1 }
      active.add(entry)
      if (draining) reply.header('connection', 'close')
      reply.raw.on('close', () => {
        active.remove(entry)
        if (active.size === 0) idle?.()
      })
      done()
    })

    app.addHook('preClose', done => {
      draining = true
      app.server.closeIdleConnections()
      if (active.size === 0) {
        done()
        return
      }
      app.log.info({ active: active.size, limitMs: limit }, 'draining')
      const accepting = setTimeout(() => app.server.close(), limit / 2)
      const timer = setTimeout(cutOff, limit)
      idle = finish
      // Their clients get an error in their own dialect before the socket closes.
      function cutOff(): void {
        for (let slot = active.size - 1; slot >= 0; slot -= 1) active.at(slot)?.request.presence?.stop()
        setImmediate(finish)
      }
      function finish(): void {
        clearTimeout(accepting)
        clearTimeout(timer)
        idle = undefined
        done()
      }
    })
  },
  { name: 'drain' },
)
