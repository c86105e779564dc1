import { providerTypes } from '../providers/index.ts'
import { type Environment, readEnvironment } from './environment.ts'
import type { LoadOptions } from './load.ts'
import { ConfigSource } from './source.ts'

interface Opened {
  readonly environment: Environment
  readonly source: ConfigSource
}

/**
 * What this process is configured by: its environment, and `file` as `--config` gave it. Reads the former alone. Throws a
 * ConfigError that names each bad variable.
 */
export async function openSource(options: Pick<LoadOptions, 'file' | 'onWarning'>): Promise<Opened> {
  const environment = await readEnvironment()
  return { environment, source: new ConfigSource({ ...options, environment, knownProviders: providerTypes }) }
}
