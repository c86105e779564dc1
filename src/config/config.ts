import type { DeepReadonly } from './freeze.ts'
import type { Validated } from './schema.ts'

type ValidatedProvider = Validated['providers'][string]
type ValidatedCaller = Validated['keys'][number]

export type ModelConfig = DeepReadonly<Validated['models'][string]>

/**
 * `baseUrl` as written; it, `askForUsage` and `apiVersion` are absent where the type's own holds. `sim` is there for type `sim`
 * only, `dialect` where a type has a choice.
 */
export type ProviderConfig = DeepReadonly<
  Omit<ValidatedProvider, 'type' | 'baseUrl' | 'askForUsage' | 'apiVersion' | 'dialect' | 'sim'> & {
    type: string
    baseUrl?: string
    askForUsage?: boolean
    apiVersion?: string
    dialect?: NonNullable<ValidatedProvider['dialect']>
    sim?: NonNullable<ValidatedProvider['sim']>
  }
>

/** `digest` is the SHA-256 of the caller's key in lower-case hexadecimal; `expires` is in milliseconds since 1970. */
export type CallerConfig = DeepReadonly<Omit<ValidatedCaller, 'digest'> & { digest: string }>

/** A snapshot of the configuration, deeply frozen: durations in milliseconds, sizes in bytes, plugins as absolute paths. */
export type Config = DeepReadonly<Omit<Validated, 'providers' | 'keys'>> & {
  readonly providers: Readonly<Record<string, ProviderConfig>>
  readonly keys: readonly CallerConfig[]
}

/**
 * What the configuration must know of each provider type: `baseUrl` where it has a public address, `keyVariable` where its key
 * is usually found (`otherKeyVariable` next), `keyOptional` where it can do without, `withoutChat` where it answers no prompts.
 */
export type KnownProviders = Readonly<
  Record<
    string,
    {
      readonly keyVariable?: string
      readonly otherKeyVariable?: string
      readonly keyOptional?: boolean
      readonly baseUrl?: string
      readonly withoutChat?: boolean
    }
  >
>
