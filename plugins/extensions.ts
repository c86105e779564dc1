import { pathToFileURL } from 'node:url'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'

/** The operator's plugins, in the order of the config, between stages 5 and 6: they see `request.call` and may replace it. */
export default fp<{ paths: readonly string[] }>(
  async (app, { paths }) => {
    for (const path of paths) await add(app, path)
  },
  { name: 'extensions', dependencies: ['call'] },
)

/** Errors of plugins rarely say where they come from, so the path is prepended. */
async function add(app: FastifyInstance, path: string): Promise<void> {
  try {
    const loaded = (await import(pathToFileURL(path).href)) as { default?: FastifyPluginAsync }
    if (typeof loaded.default !== 'function') throw new Error('it does not export a Fastify plugin as its default')
    // fastify-plugin's mark, so that hooks reach the routes even when the author did not wrap the plugin.
    await app.register(fp(loaded.default))
  } catch (error) {
    throw new Error(`plugin ${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}
