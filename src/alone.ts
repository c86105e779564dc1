import closeWithGrace from 'close-with-grace'
import { buildApp, closeApp } from './app.ts'
import type { Config } from './config/config.ts'
import type { ConfigSource } from './config/source.ts'
import { greet } from './greeting.ts'
import { BACKLOG, CLOSING_MARGIN } from './listener.ts'
import { createLogger } from './logger.ts'

/** Builds, listens, reads the configuration again when it changes and on SIGHUP, and closes gracefully on any other signal. */
export async function serveAlone(config: Config, source: ConfigSource): Promise<void> {
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
      backlog: BACKLOG,
      listenTextResolver: () => 'listening',
    })
    greet({ apiUrl, opsUrl, config, models: app.api.live.snapshot.planner.names })
  } catch (error) {
    // It would see the end of the process as a normal one, and end it with code 0.
    grace.uninstall()
    await closeApp(app)
    throw error
  }
}
