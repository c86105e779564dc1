import type { FastifyPluginAsync } from 'fastify'

interface MetricsOptions {
  readonly metrics: () => Promise<string>
  readonly contentType: string
}

/** Everything that is counted, in Prometheus' text format. */
const metrics: FastifyPluginAsync<MetricsOptions> = async (app, { metrics, contentType }) => {
  app.get('/metrics', async (_request, reply) => reply.type(contentType).send(await metrics()))
}

export default metrics
