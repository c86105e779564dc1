import type { Registry } from '@prometheus-io/client'
import metrics from 'fastify-metrics'
import fp from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyInstance {
    /** One registry a build, so that several apps in one process (tests, API and ops) do not collide. */
    registry: Registry
  }
}

/** fastify-metrics with its default families in a registry of our own, and no door: the ops listener shows it. */
export default fp<{ registry: Registry }>(
  async (app, { registry }) => {
    app.decorate('registry', registry)
    await app.register(metrics.default, {
      endpoint: null,
      defaultMetrics: { enabled: true, register: registry },
      // Its histogram of routes would count again, for every request, what api_requests_total and api_latency_seconds do.
      routeMetrics: { enabled: false },
    })
  },
  { name: 'metrics' },
)
