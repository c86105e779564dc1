import type { Registry } from '@prometheus-io/client'
import type { FastifyPluginAsync } from 'fastify'

/** What one worker has counted, for its primary to add up. */
const samples: FastifyPluginAsync<{ registry: Registry }> = async (app, { registry }) => {
  app.get('/worker/metrics', async () => registry.getMetricsAsJSON())
}

export default samples
