import { Registry } from '@prometheus-io/client'
import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import errors from '../plugins/errors.ts'
import head from '../plugins/head.ts'
import notFound from '../plugins/not-found.ts'
import opsAuth from '../plugins/ops-auth.ts'
import reload from '../plugins/reload.ts'
import opsConfig from '../routes/ops/config.ts'
import opsMetrics from '../routes/ops/metrics.ts'
import opsTargets from '../routes/ops/targets.ts'
import opsWorkerProfiles, { type WorkerProfilesOptions } from '../routes/ops/worker-profiles.ts'
import type { JsonObject } from './call/json.ts'
import type { Config } from './config/config.ts'
import type { ConfigSource } from './config/source.ts'
import { listenerOptions } from './listener.ts'

interface OpsOptions {
  readonly key: string | undefined
  readonly metrics: () => Promise<string>
  readonly describeConfig: () => JsonObject
  readonly targetStates: () => JsonObject | Promise<JsonObject>
}

interface PrimaryOpsOptions extends Pick<OpsOptions, 'metrics' | 'targetStates'>, WorkerProfilesOptions {
  readonly config: Config
  readonly source: ConfigSource
  readonly logger: FastifyBaseLogger
  /** Puts a config in force in all workers; rejects where that cannot be. */
  readonly apply: (config: Config) => Promise<void>
}

/** What every ops listener has, a primary's and that of a process that answers calls. */
export async function registerOps(
  ops: FastifyInstance,
  { key, metrics, describeConfig, targetStates }: OpsOptions,
): Promise<void> {
  await ops.register(errors)
  await ops.register(head)
  await ops.register(opsAuth, { key })
  await ops.register(notFound)
  await ops.register(opsMetrics, { metrics, contentType: Registry.PROMETHEUS_CONTENT_TYPE })
  await ops.register(opsConfig, { describe: describeConfig })
  await ops.register(opsTargets, { states: targetStates })
}

/**
 * Builds the ops listener of a primary, which also reads the configuration for its workers; it does not listen yet. Throws what
 * a plugin throws, with nothing left open.
 */
export async function buildPrimaryOps(options: PrimaryOpsOptions): Promise<FastifyInstance> {
  const { config, source, logger, apply, metrics, targetStates, askWorker } = options
  const ops = Fastify(listenerOptions(logger))
  try {
    await ops.register(reload, { config, source, apply })
    const describeConfig = () => ops.reloads.describe()
    await registerOps(ops, { key: config.ops.key, metrics, describeConfig, targetStates })
    await ops.register(opsWorkerProfiles, { askWorker })
  } catch (error) {
    await ops.close()
    throw error
  }
  return ops
}
