import fp from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyInstance {
    /** True from the moment the process was told to stop. */
    readonly draining: boolean
  }
}

/**
 * A stop that nobody notices: readiness turns 503 at once, new requests are still answered but end their connection, and
 * streams finish, up to `limit` ms. Without `connection: close` Fastify would wait for idle keep-alive sockets (over a minute).
 */
export default fp<{ limit: number }>(
  async (app, { limit }) => {
    let draining = false
    let active = 0
    let idle: (() => void) | undefined
    app.decorate('draining', { getter: () => draining })

    app.addHook('onRequest', (_request, reply, done) => {
      active += 1
      if (draining) reply.header('connection', 'close')
      reply.raw.on('close', () => {
        active -= 1
        if (active === 0) idle?.()
      })
      done()
    })

    app.addHook('preClose', done => {
      draining = true
      app.server.closeIdleConnections()
      if (active === 0) {
        done()
        return
      }
      app.log.info({ active, limitMs: limit }, 'draining')
      const timer = setTimeout(finish, limit)
      idle = finish
      function finish(): void {
        clearTimeout(timer)
        idle = undefined
        done()
      }
    })
  },
  { name: 'drain' },
)
