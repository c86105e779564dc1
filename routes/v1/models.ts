import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { anthropicModel, anthropicModels, openaiModel, openaiModels } from '../../src/dialects/models.ts'
import { ModelUnknown } from '../../src/errors.ts'

/** What the caller may ask for by name, in the shape that its SDK reads: Anthropic's clients name their API version. */
const models: FastifyPluginAsync = async app => {
  app.get('/v1/models', { config: { rateLimit: {} } }, async request =>
    speaksAnthropic(request) ? anthropicModels(namesFor(request)) : openaiModels(namesFor(request)),
  )

  app.get<{ Params: { '*': string } }>('/v1/models/*', { config: { rateLimit: {} } }, async request => {
    const name = request.params['*']
    if (!namesFor(request).includes(name)) throw ModelUnknown({ param: 'model' }, name.slice(0, 100), '')
    return speaksAnthropic(request) ? anthropicModel(name) : openaiModel(name)
  })
}

function speaksAnthropic({ headers }: FastifyRequest): boolean {
  return headers['anthropic-version'] !== undefined
}

function namesFor({ snapshot, caller }: FastifyRequest): string[] {
  return snapshot.planner.names.filter(name => caller === undefined || caller.may(name))
}

export default models
