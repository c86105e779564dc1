import type { FastifyPluginAsync } from 'fastify'
import type { JsonObject } from '../../src/call/json.ts'

/** Which targets can be asked now, and what keeps the others from it. */
const targets: FastifyPluginAsync<{ states: () => JsonObject | Promise<JsonObject> }> = async (app, { states }) => {
  app.get('/admin/v1/targets', async () => states())
}

export default targets
