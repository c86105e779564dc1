import type { FastifyPluginAsync } from 'fastify'
import type { JsonObject } from '../../src/call/json.ts'

/** The configuration in force, its secrets masked, and what became of the last change. */
const config: FastifyPluginAsync<{ describe: () => JsonObject }> = async (app, { describe }) => {
  app.get('/admin/v1/config', async () => describe())
}

export default config
