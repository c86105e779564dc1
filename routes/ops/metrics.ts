import type { Registry } from '@prometheus-io/client'
import type { FastifyPluginAsync } from 'fastify'

/** Everything that is counted, in Prometheus' text format. */
const metrics: FastifyPluginAsync<{ registry: Registry }> = async (app, { registry }) => {
  app.get('/metrics', async (_request, reply) => {
    return reply.type(registry.contentType).send(await registry.metrics())
  })
}

export default metrics
