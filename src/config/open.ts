import { parseArgs } from 'node:util'
import { providerTypes } from '../providers/index.ts'
import { type Environment, readEnvironment } from './environment.ts'
import type { LoadOptions } from './load.ts'
import { ConfigSource } from './source.ts'

/** The file that a command is given, by itself or as `--config`; undefined where it is given none. Throws for anything else. */
export function fileOf(parameters: string[]): string | undefined {
  const { positionals, values } = parseArgs({
    args: parameters,
    options: { config: { type: 'string', short: 'c' } },
    allowPositionals: true,
  })
  const [file = values.config, ...others] = positionals
  if (others.length > 0) throw new Error('one file at a time')
  return file
}

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
