import type { FastifyPluginAsync } from 'fastify'

const CONFIG = { dialect: 'gemini', keyInQuery: true, rateLimit: {} }

/** What the caller may ask for by name, as Gemini lists it. */
const geminiModels: FastifyPluginAsync = async app => {
  app.get('/v1beta/models', { config: CONFIG }, async request => app.catalog.list(request))

  app.get<{ Params: { '*': string } }>('/v1beta/models/*', { config: CONFIG }, async request =>
    app.catalog.show(request, request.params['*']),
  )
}

export default geminiModels
