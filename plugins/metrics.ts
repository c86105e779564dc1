import type { Registry } from '@prometheus-io/client'
import metrics from 'fastify-metrics'
import fp from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyInstance {
    /** One registry per app, so that several in one process (as in tests) do not collide. */
    registry: Registry
  }
}

/** fastify-metrics with its default metrics in a registry of our own, without a route: the ops listener serves it. */
export default fp<{ registry: Registry }>(
  async (app, { registry }) => {
    app.decorate('registry', registry)
    await app.register(metrics.default, {
      endpoint: null,
      defaultMetrics: { enabled: true, register: registry },
      // Its route histogram would duplicate api_requests_total and api_latency_seconds on every request.
      routeMetrics: { enabled: false },
    })
  },
  { name: 'metrics' },
)
