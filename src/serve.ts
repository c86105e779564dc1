import closeWithGrace from 'close-with-grace'
import { type App, buildApp } from './app.ts'
import { readEnvironment } from './config/environment.ts'
import { ConfigSource } from './config/source.ts'
import { greeting } from './greeting.ts'
import { createLogger } from './logger.ts'
import { providerTypes } from './providers/index.ts'

/** How much longer than the drain limit the process may take to stop, ms. */
const CLOSING_MARGIN = 5_000

/**
 * The process: reads the configuration, builds, listens, reads it again when it changes and on SIGHUP, and closes gracefully on
 * any other signal. `file` as `--config` gave it.
 * Throws a ConfigError, or the error of a listener that cannot listen.
 */
export async function serve(file: string | undefined): Promise<void> {
  const environment = await readEnvironment()
  const source = new ConfigSource({ file, environment, knownProviders: providerTypes })
  const config = source.load()
  const app = await buildApp({ config, source, ...createLogger(config.log.level) })
  const grace = closeWithGrace({ delay: config.listen.drain + CLOSING_MARGIN, skip: ['SIGHUP'] }, async ({ err }) => {
    if (err) app.api.log.error({ err }, 'stopping after an error')
    await close(app)
  })
  process.on('SIGHUP', () => void app.api.reloads.reload())
  try {
    const { listen, ops } = config
    // One after the other: a listener that is closed while it is about to listen listens all the same.
    const opsUrl = await app.ops.listen({ host: ops.host, port: ops.port })
    const apiUrl = await app.api.listen({
      host: listen.host,
      port: listen.port,
      listenTextResolver: () => 'listening',
    })
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
