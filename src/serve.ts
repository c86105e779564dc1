import closeWithGrace from 'close-with-grace'
import { type App, buildApp } from './app.ts'
import { readEnvironment } from './config/environment.ts'
import { loadConfig } from './config/load.ts'
import { greeting } from './greeting.ts'
import { createLogger } from './logger.ts'
import { providerTypes } from './providers/index.ts'

/** How much longer than the drain limit the process may take to stop, ms. */
const CLOSING_MARGIN = 5_000

/**
 * The process: reads the configuration once, builds, listens, and closes gracefully on a signal. `file` as `--config` gave it.
 * Throws a ConfigError, or the error of a listener that cannot listen.
 */
export async function serve(file: string | undefined): Promise<void> {
  const environment = await readEnvironment()
  const config = loadConfig({ file, environment, knownProviders: providerTypes })
  const app = await buildApp({ config, ...createLogger(config.log.level) })
  const grace = closeWithGrace({ delay: config.listen.drain + CLOSING_MARGIN }, async ({ err }) => {
    if (err) app.api.log.error({ err }, 'stopping after an error')
    await close(app)
  })
  try {
    const { listen, ops } = config
    const [apiUrl, opsUrl] = await Promise.all([
      app.api.listen({ host: listen.host, port: listen.port, listenTextResolver: () => 'listening' }),
      app.ops.listen({ host: ops.host, port: ops.port }),
    ])
    process.stdout.write(greeting({ apiUrl, opsUrl, config, models: app.api.live.snapshot.planner.names }))
  } catch (error) {
    // It would see the end of the process as a normal one, and end it with code 0.
    grace.uninstall()
    await close(app)
    throw error
  }
}

async function close({ api, ops }: App): Promise<void> {
  await api.close()
  await ops.close()
}
