import cluster from 'node:cluster'
import { workerCount } from './workers/count.ts'
import { WORKER_MARK } from './workers/messages.ts'

/**
 * The gateway: reads the configuration, and serves with this process, or with as many as WORKERS says. `file` as `--config` gave it.
 * Throws a ConfigError, or the error of a listener that cannot listen. Each step loads what it needs, so that a configuration that
 * cannot be used is refused before the gateway is loaded.
 */
export async function serve(file: string | undefined): Promise<void> {
  if (process.env[WORKER_MARK] === undefined) return serveConfigured(file)
  if (process.send === undefined)
    throw new Error(`environment variable ${WORKER_MARK}: Sluice sets it for workers of its own; unset it`)
  // A Sluice that this process starts is no worker.
  delete process.env[WORKER_MARK]
  const { serveAsWorker } = await import('./worker.ts')
  return serveAsWorker()
}

/** In the role of an ordinary process, one that no primary of ours has started. */
async function serveConfigured(file: string | undefined): Promise<void> {
  const { openSource } = await import('./config/open.ts')
  const { environment, source } = await openSource({ file })
  const config = source.load()
  const count = workerCount(environment.WORKERS)
  if (count === 1) {
    const { serveAlone } = await import('./alone.ts')
    return serveAlone(config, source)
  }
  if (cluster.isWorker)
    throw new Error(
      'environment variable WORKERS: this process is itself a worker of a cluster, as those of pm2 in cluster mode are: either of them only',
    )
  const { servePrimary } = await import('./primary.ts')
  return servePrimary({ config, source, count })
}
