import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Config } from '../src/config/config.ts'
import { type Environment, readEnvironment } from '../src/config/environment.ts'
import { loadConfig } from '../src/config/load.ts'
import { providerTypes } from '../src/providers/index.ts'

/** By what is read: it takes some 4 of the 28 ms of a gateway's start, and most tests have the same variables, none. */
const environments = new Map<string, Promise<Environment>>()

/** Loads a configuration given as text, as the process would from a file. Throws a ConfigError that names every problem. */
export async function loadText(text: string, variables: Record<string, string>): Promise<Config> {
  const environment = await environmentOf(variables)
  const directory = mkdtempSync(join(tmpdir(), 'sluice-config-'))
  const file = join(directory, 'sluice.yaml')
  try {
    writeFileSync(file, text)
    return loadConfig({ file, environment, knownProviders: providerTypes, variables, directory })
  } finally {
    rmSync(directory, { recursive: true })
  }
}

function environmentOf(variables: Record<string, string>): Promise<Environment> {
  const key = JSON.stringify(variables)
  const known = environments.get(key) ?? readEnvironment(variables)
  environments.set(key, known)
  return known
}
