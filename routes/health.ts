import type { FastifyPluginAsync } from 'fastify'

/** For orchestrators: alive (the process answers), ready (send traffic). No key, no limit, no log line. */
const health: FastifyPluginAsync = async app => {
  app.get('/health/live', { logLevel: 'silent' }, async () => ({ status: 'ok' }))

  app.get('/health/ready', { logLevel: 'silent' }, async (_request, reply) => {
    if (!app.draining) return { status: 'ok' }
    return reply.code(503).send({ status: 'draining' })
  })
}

export default health
