import closeWithGrace from 'close-with-grace'
import type { Config } from './config/config.ts'
import type { ConfigSource } from './config/source.ts'
import { greet } from './greeting.ts'
import { CLOSING_MARGIN } from './listener.ts'
import { createLogger } from './logger.ts'
import { buildPrimaryOps } from './ops.ts'
import { ownRegistry } from './workers/own-counts.ts'
import { View } from './workers/view.ts'
import { Workers } from './workers/workers.ts'

const WITHOUT_REDIS =
  'no state.redis: each worker allows its share of the limits, and has answers, idempotency keys and responses of its own'

interface PrimaryOptions {
  readonly config: Config
  readonly source: ConfigSource
  readonly count: number
}

/**
 * The process that starts the workers, hands connections to them, reads the configuration for all, and answers the operator.
 * It answers no call. Throws the error of a worker that cannot start, or of a listener that cannot listen.
 */
export async function servePrimary({ config, source, count }: PrimaryOptions): Promise<void> {
  const { logger } = createLogger(config.log.level, { amongOthers: true })
  const workers = new Workers({
    count,
    config,
    onEnd: report => {
      logger.error(report, 'a worker ended, another one is started')
      try {
        view.depart(report.workerPid)
      } catch (err) {
        // A metric of a plugin's that cannot be added up must not keep the next worker from being started.
        logger.error({ err }, 'what a worker counted is lost')
      }
    },
    onRestart: report => logger.warn(report, 'a worker answers in the place of one that ended'),
    onLost: error => {
      logger.fatal({ reason: error.message }, 'no worker is left, and none can be started')
      process.exit(1)
    },
  })
  const view = new View(workers)
  const ops = await buildPrimaryOps({
    config,
    source,
    logger,
    apply: next => workers.apply(next),
    metrics: async () => view.metrics(await own.getMetricsAsJSON()),
    targetStates: () => view.targets(),
    askWorker: (worker, target, signal) => view.ask(worker, target, signal),
  })
  const own = ownRegistry({ reloads: () => ops.reloads.counts, restarts: () => workers.restarts })
  // The workers' own time limits come first.
  const delay = config.listen.drain + 2 * CLOSING_MARGIN
  const grace = closeWithGrace({ delay, skip: ['SIGHUP'] }, async ({ err }) => {
    if (err) logger.error({ err }, 'stopping after an error')
    await workers.stop()
    await ops.close()
  })
  // One whose event loop hangs does not notice that its primary is gone.
  process.once('exit', () => workers.kill())
  process.on('SIGHUP', () => void ops.reloads.reload())
  if (config.state.redis === undefined) logger.warn({ workers: count }, WITHOUT_REDIS)
  try {
    const opsUrl = await ops.listen({ host: config.ops.host, port: config.ops.port })
    const { apiUrl, models } = await workers.start()
    greet({ apiUrl, opsUrl, config, models })
  } catch (error) {
    // A signal has ended workers that were about to start, and will end this process.
    if (workers.stopping) return
    grace.uninstall()
    workers.kill()
    await ops.close()
    throw error
  }
}
