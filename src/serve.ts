import cluster from 'node:cluster'
import closeWithGrace from 'close-with-grace'
import { buildApp, CLOSING_MARGIN, closeApp } from './app.ts'
import type { Config } from './config/config.ts'
import { readEnvironment } from './config/environment.ts'
import { ConfigSource } from './config/source.ts'
import { greeting } from './greeting.ts'
import { createLogger } from './logger.ts'
import { providerTypes } from './providers/index.ts'
import { workerCount } from './workers/count.ts'
import { WORKER_MARK } from './workers/messages.ts'

/**
 * The gateway: reads the configuration, and serves with this process, or with as many as WORKERS says. `file` as `--config` gave it.
 * Throws a ConfigError, or the error of a listener that cannot listen.
 */
export async function serve(file: string | undefined): Promise<void> {
  if (process.env[WORKER_MARK] !== undefined) {
    if (process.send === undefined)
      throw new Error(`environment variable ${WORKER_MARK}: Sluice sets it for workers of its own; unset it`)
    // A Sluice that this process starts is no worker.
    delete process.env[WORKER_MARK]
    const { serveAsWorker } = await import('./worker.ts')
    return serveAsWorker()
  }
  const environment = await readEnvironment()
  const source = new ConfigSource({ file, environment, knownProviders: providerTypes })
  const config = source.load()
  const count = workerCount(environment.WORKERS)
  if (count === 1) return serveAlone(config, source)
  if (cluster.isWorker)
    throw new Error(
      'environment variable WORKERS: this process is itself a worker of a cluster, as those of pm2 in cluster mode are: either of them only',
    )
  const { servePrimary } = await import('./primary.ts')
  return servePrimary({ config, source, count })
}

/** Builds, listens, reads the configuration again when it changes and on SIGHUP, and closes gracefully on any other signal. */
async function serveAlone(config: Config, source: ConfigSource): Promise<void> {
  const app = await buildApp({ config, source, ...createLogger(config.log.level) })
  const grace = closeWithGrace({ delay: config.listen.drain + CLOSING_MARGIN, skip: ['SIGHUP'] }, async ({ err }) => {
    if (err) app.api.log.error({ err }, 'stopping after an error')
    await closeApp(app)
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
    await closeApp(app)
    throw error
  }
}
