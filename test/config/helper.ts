import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Config } from '../../src/config/config.ts'
import type { Environment } from '../../src/config/environment.ts'
import { type LoadOptions, loadConfig } from '../../src/config/load.ts'
import { ConfigError } from '../../src/config/problem.ts'

const KNOWN: LoadOptions['knownProviders'] = {
  openai: { keyVariable: 'OPENAI_API_KEY', baseUrl: 'https://api.openai.com/v1' },
  anthropic: { keyVariable: 'ANTHROPIC_API_KEY', baseUrl: 'https://api.anthropic.com/v1' },
  bedrock: { keyVariable: 'AWS_BEARER_TOKEN_BEDROCK', keyOptional: true, baseUrl: 'https://bedrock.example' },
  'openai-compatible': {},
  azure: {},
  vllm: {},
  jina: { baseUrl: 'https://api.jina.ai/v1', withoutChat: true },
  sim: {},
}

/** A provider that needs nothing, for files in which something else matters. */
export const SIM = 'providers: { sim: {} }\n'

export interface Surroundings {
  /** Files beside the configuration, by name. */
  readonly files?: Readonly<Record<string, string>>
  /** A named pipe beside it that nobody writes to. */
  readonly pipe?: string
  readonly environment?: Environment
  readonly variables?: Readonly<Record<string, string>>
}

/** Loads `text` as the `sluice.yaml` of a fresh directory; without text there is no such file. */
export function load(text: string | undefined, surroundings: Surroundings = {}): Config {
  const { files = {}, pipe, environment = {}, variables = {} } = surroundings
  const directory = mkdtempSync(join(tmpdir(), 'sluice-'))
  try {
    const all = text === undefined ? files : { ...files, 'sluice.yaml': text }
    for (const [name, content] of Object.entries(all)) writeFileSync(join(directory, name), content)
    if (pipe !== undefined) execFileSync('mkfifo', [join(directory, pipe)])
    return loadConfig({ environment, knownProviders: KNOWN, variables, directory })
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** The lines of the error that loading gives. */
export function refusal(text: string | undefined, surroundings: Surroundings = {}): string[] {
  try {
    load(text, surroundings)
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n')
    throw error
  }
  return []
}
