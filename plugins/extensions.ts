import { pathToFileURL } from 'node:url'
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'

/** The organisation's own plugins, in the order of the config, between stages 5 and 6: they see `request.call` and may replace it. */
export default fp<{ paths: readonly string[] }>(
  async (app, { paths }) => {
    for (const path of paths) {
      const loaded = (await import(pathToFileURL(path).href)) as { default?: FastifyPluginAsync }
      if (typeof loaded.default !== 'function')
        throw new Error(`${path} does not export a Fastify plugin as its default`)
      // fastify-plugin's mark, so that hooks reach the routes even when the author did not wrap the plugin.
      await app.register(fp(loaded.default))
    }
  },
  { name: 'extensions', dependencies: ['call'] },
)
