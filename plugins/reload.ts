import fp from 'fastify-plugin'
import type { Config } from '../src/config/config.ts'
import { Reloads, type ReloadsOptions } from '../src/config/reloads.ts'
import type { ConfigSource } from '../src/config/source.ts'
import { FileWatch } from '../src/config/watch.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Reloads the configuration when its files change, and on request. */
    reloads: Reloads
  }
}

interface ReloadOptions {
  /** The config the process was started with. */
  readonly config: Config
  /** Where it came from; without it there are no reloads. */
  readonly source: ConfigSource | undefined
  /** Applies a config; rejects, with nothing changed, where it cannot. */
  readonly apply: (config: Config) => Promise<void>
}

/** Beside all requests: watches the files of the configuration and applies their changes. */
export default fp<ReloadOptions>(
  async (app, { config, source, apply }) => {
    const reloads = new Reloads({
      started: config,
      load: async () => source?.loadInTurns() ?? config,
      apply,
      onEnd: log,
    })
    app.decorate('reloads', reloads)
    if (source === undefined) return

    let watch: FileWatch | undefined
    app.addHook('onReady', async () => {
      watch = new FileWatch({
        files: () => source.files,
        onChange: () => reloads.reload(),
        onBlind: (folder, err) => app.log.warn({ folder, err }, 'cannot be watched: send SIGHUP after a change'),
      })
    })
    app.addHook('onClose', async () => {
      watch?.close()
      // What it would start after that, nobody would stop.
      await reloads.close()
    })

    function log(...[result, { error, restart }]: Parameters<ReloadsOptions['onEnd']>): void {
      if (error !== undefined) app.log.error({ reason: error.message }, 'configuration refused, the one before stays')
      else if (restart.length > 0)
        app.log.warn({ result, restart }, 'configuration read; these sections need a restart')
      else app.log.info({ result }, 'configuration read')
    }
  },
  { name: 'reload' },
)
