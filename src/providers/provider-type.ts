import type { Provider } from './provider.ts'

/** Region and credentials for AWS; absent ones come from AWS's default provider chain. */
export interface AwsSettings {
  readonly region?: string | undefined
  readonly accessKeyId?: string | undefined
  readonly secretAccessKey?: string | undefined
  readonly sessionToken?: string | undefined
}

/** The configuration of one provider. */
export interface ProviderSettings {
  /** The provider's name in the configuration. */
  readonly name: string
  /** As the user wrote it; normaliseBaseUrl says which forms work. */
  readonly baseUrl?: string | undefined
  /** The name of a dialect, for types that speak more than one. */
  readonly dialect?: string | undefined
  /** Overrides whether streams are asked for their usage. */
  readonly askForUsage?: boolean | undefined
  /** Google Cloud's project, and the region of its models (`global` unless set). */
  readonly project?: string | undefined
  readonly location?: string | undefined
  /** The text of a service account's key file. */
  readonly credentials?: string | undefined
  readonly aws?: AwsSettings | undefined
  /** For vendors whose API wants its version in each request. */
  readonly apiVersion?: string | undefined
}

/** A kind of provider that the configuration can name as `type`. */
export interface ProviderType {
  /** The environment variable that usually holds this vendor's key. */
  readonly keyVariable?: string
  /** The variable that the vendor's own tools try next. */
  readonly otherKeyVariable?: string
  /** Without a key it authenticates in another way. */
  readonly keyOptional?: boolean
  /** The vendor has no chat models. */
  readonly withoutChat?: boolean
  /** The vendor's base URL unless the settings name another; absent for types without a default. */
  readonly baseUrl?: string
  /** Throws an Error whose message is safe to show when the settings cannot work. */
  create(settings: ProviderSettings): Provider
}

/** The dialect that the settings name, else the first of `spoken`. Throws an Error for one that the type does not speak. */
export function chooseDialect(settings: ProviderSettings, spoken: readonly [string, ...string[]]): string {
  const wanted = settings.dialect ?? spoken[0]
  if (spoken.includes(wanted)) return wanted
  throw new Error(`Provider ${settings.name} does not speak the dialect ${wanted}; it speaks ${spoken.join(', ')}.`)
}
