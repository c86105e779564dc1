import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Config } from '../src/config/config.ts'
import { readEnvironment } from '../src/config/environment.ts'
import { loadConfig } from '../src/config/load.ts'
import { providerTypes } from '../src/providers/index.ts'

/** Loads a configuration given as text, as the process would from a file. Throws a ConfigError that names every problem. */
export async function loadText(text: string, variables: Record<string, string>): Promise<Config> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-config-'))
  try {
    const file = join(directory, 'sluice.yaml')
    writeFileSync(file, text)
    const environment = await readEnvironment(variables)
    return loadConfig({ file, environment, knownProviders: providerTypes, variables, directory })
  } finally {
    rmSync(directory, { recursive: true })
  }
}
