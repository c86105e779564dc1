import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { JsonObject } from '../src/call/json.ts'
import { didYouMean } from '../src/config/nearest.ts'
import {
  anthropicModel,
  anthropicModels,
  geminiModel,
  geminiModels,
  openaiModel,
  openaiModels,
} from '../src/dialects/models.ts'
import { ModelUnknown } from '../src/errors.ts'

declare module 'fastify' {
  interface FastifyInstance {
    catalog: Catalog
  }
}

/** What a caller may ask for by name, in the shape that its SDK reads. */
interface Catalog {
  list(request: FastifyRequest): JsonObject
  /** Throws ModelUnknown, also for a model that the caller may not use. */
  show(request: FastifyRequest, name: string): JsonObject
}

export default fp(
  async app => {
    app.decorate('catalog', {
      list: request => shapeFor(request).list(namesFor(request)),
      show: (request, name) => {
        const names = namesFor(request)
        if (!names.includes(name)) {
          throw ModelUnknown({ param: 'model' }, name.slice(0, 100), didYouMean(name, names) || '.')
        }
        return shapeFor(request).show(name)
      },
    })
  },
  { name: 'catalog', dependencies: ['auth'] },
)

const OPENAI = { list: openaiModels, show: openaiModel }
const ANTHROPIC = { list: anthropicModels, show: anthropicModel }
const GEMINI = { list: geminiModels, show: geminiModel }

/** Google has paths of its own, and its newer clients a header; Anthropic's clients name their API version. */
function shapeFor({ headers, routeOptions }: FastifyRequest) {
  if (routeOptions.config.dialect === 'gemini' || headers['x-goog-api-key'] !== undefined) return GEMINI
  return headers['anthropic-version'] === undefined ? OPENAI : ANTHROPIC
}

function namesFor({ snapshot, caller }: FastifyRequest): string[] {
  return snapshot.planner.names.filter(name => caller === undefined || caller.may(name))
}
