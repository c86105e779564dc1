import { resolve } from 'node:path'
import type { CallerConfig, Config, ProviderConfig } from './config.ts'
import { deepFreeze } from './freeze.ts'
import { SIM_DEFAULTS } from './provider-schema.ts'
import type { Validated } from './schema.ts'

/** The Config of a tree in which nothing was found wrong. `directory` is where relative plugin paths start. */
export function assemble(validated: Validated, directory: string): Config {
  const providers = Object.entries(validated.providers).map(
    ([name, provider]) => [name, completeProvider(name, provider)] as const,
  )
  return deepFreeze({
    ...validated,
    providers: byName(providers),
    models: byName(Object.entries(validated.models)),
    modelFacts: byName(Object.entries(validated.modelFacts)),
    keys: validated.keys.map(completeCaller),
    plugins: validated.plugins.map(plugin => resolve(directory, plugin)),
  })
}

/** The Config that another process has sent: objects without a prototype get one on the way, and nothing comes frozen. */
export function reviveConfig(sent: Config): Config {
  return deepFreeze({
    ...sent,
    providers: byName(Object.entries(sent.providers)),
    models: byName(Object.entries(sent.models)),
    modelFacts: byName(Object.entries(sent.modelFacts)),
  })
}

/** Names that clients send are looked up in these, and `constructor` must not be found there. */
function byName<T>(entries: readonly (readonly [string, T])[]): Record<string, T> {
  return Object.assign(Object.create(null), Object.fromEntries(entries))
}

function completeProvider(name: string, provider: Validated['providers'][string]): ProviderConfig {
  const { type = name, baseUrl, askForUsage, apiVersion, dialect, sim = SIM_DEFAULTS, ...rest } = provider
  const spoken = dialect ?? (type === 'sim' ? 'openai-chat' : undefined)
  return {
    ...rest,
    type,
    ...(baseUrl !== undefined && { baseUrl }),
    ...(askForUsage !== undefined && { askForUsage }),
    ...(apiVersion !== undefined && { apiVersion }),
    ...(type === 'sim' && { sim }),
    ...(spoken !== undefined && { dialect: spoken }),
  }
}

function completeCaller({ digest, ...caller }: Validated['keys'][number]): CallerConfig {
  if (digest === undefined) throw new Error('A caller without a key was not refused')
  return { ...caller, digest }
}
