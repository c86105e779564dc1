import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { JsonObject } from '../src/call/json.ts'
import { mayUse } from '../src/config/callers.ts'
import { didYouMean } from '../src/config/nearest.ts'
import {
  anthropicModel,
  anthropicModels,
  geminiModel,
  geminiModels,
  openaiModel,
  openaiModels,
} from '../src/dialects/models.ts'
import { excerpt, ModelUnknown } from '../src/errors.ts'
import type { Snapshot } from '../src/routing/reload/snapshot.ts'
import { VendorModels } from '../src/routing/vendor-models.ts'

declare module 'fastify' {
  interface FastifyInstance {
    catalog: Catalog
  }
}

/** The models a caller may use, in the format that its SDK reads. */
interface Catalog {
  list(request: FastifyRequest): Promise<JsonObject>
  /** Rejects with ModelUnknown, also for a model that the caller may not use. */
  show(request: FastifyRequest, name: string): Promise<JsonObject>
}

/** Names from the config, and where the config says so, from the vendors' own lists. */
export default fp(
  async app => {
    const lists = new VendorModels()
    app.decorate('catalog', {
      async list(request) {
        return shapeFor(request).list(await namesFor(request))
      },
      async show(request, name) {
        const names = await namesFor(request)
        if (!names.includes(name)) {
          throw ModelUnknown({ param: 'model' }, excerpt(name), didYouMean(name, names) || '.')
        }
        return shapeFor(request).show(name)
      },
    })

    async function namesFor({ snapshot, caller }: FastifyRequest): Promise<string[]> {
      const { vendors } = snapshot.config.modelLists
      const names = vendors ? await withVendors(snapshot) : snapshot.planner.names
      return names.filter(mayUse(caller))
    }

    async function withVendors({ config, vendors, planner }: Snapshot): Promise<readonly string[]> {
      const now = performance.now()
      const listed = await Promise.all(
        [...vendors.values()].map(async vendor => {
          const names = await lists.of(vendor, config.modelLists.ttl, now)
          return names.map(name => `${vendor.name}/${name}`)
        }),
      )
      return [...new Set([...planner.names, ...listed.flat()])]
    }
  },
  { name: 'catalog', dependencies: ['auth'] },
)

const OPENAI = { list: openaiModels, show: openaiModel }
const ANTHROPIC = { list: anthropicModels, show: anthropicModel }
const GEMINI = { list: geminiModels, show: geminiModel }

/** Google has paths of its own, and its newer clients a header; Anthropic's clients send their API version. */
function shapeFor({ headers, routeOptions }: FastifyRequest) {
  if (routeOptions.config.dialect === 'gemini' || headers['x-goog-api-key'] !== undefined) return GEMINI
  return headers['anthropic-version'] === undefined ? OPENAI : ANTHROPIC
}
