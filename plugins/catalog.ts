import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { JsonObject } from '../src/call/json.ts'
import { didYouMean } from '../src/config/nearest.ts'
import { anthropicModel, anthropicModels, openaiModel, openaiModels } from '../src/dialects/models.ts'
import { ModelUnknown } from '../src/errors.ts'

declare module 'fastify' {
  interface FastifyInstance {
    catalog: Catalog
  }
}

/** What a caller may ask for by name, in the shape that its SDK reads: Anthropic's clients name their API version. */
interface Catalog {
  list(request: FastifyRequest): JsonObject
  /** Throws ModelUnknown, also for a model that the caller may not use. */
  show(request: FastifyRequest, name: string): JsonObject
}

export default fp(
  async app => {
    app.decorate('catalog', {
      list: request => (speaksAnthropic(request) ? anthropicModels : openaiModels)(namesFor(request)),
      show: (request, name) => {
        const names = namesFor(request)
        if (!names.includes(name)) {
          throw ModelUnknown({ param: 'model' }, name.slice(0, 100), didYouMean(name, names) || '.')
        }
        return (speaksAnthropic(request) ? anthropicModel : openaiModel)(name)
      },
    })
  },
  { name: 'catalog', dependencies: ['auth'] },
)

function speaksAnthropic({ headers }: FastifyRequest): boolean {
  return headers['anthropic-version'] !== undefined
}

function namesFor({ snapshot, caller }: FastifyRequest): string[] {
  return snapshot.planner.names.filter(name => caller === undefined || caller.may(name))
}
