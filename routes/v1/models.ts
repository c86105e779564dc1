import type { FastifyPluginAsync } from 'fastify'

/** What the caller may ask for by name. A name may hold slashes (`openai/gpt-4o`). */
const models: FastifyPluginAsync = async app => {
  app.get('/v1/models', { config: { rateLimit: {} } }, async request => app.catalog.list(request))

  app.get<{ Params: { '*': string } }>('/v1/models/*', { config: { rateLimit: {} } }, async request =>
    app.catalog.show(request, request.params['*']),
  )
}

export default models
