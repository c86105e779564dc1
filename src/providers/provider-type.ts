import type { Provider } from './provider.ts'

/** How to reach and to prove oneself to AWS; what is absent is found in AWS's usual places. */
export interface AwsSettings {
  readonly region?: string | undefined
  readonly accessKeyId?: string | undefined
  readonly secretAccessKey?: string | undefined
  readonly sessionToken?: string | undefined
}

/** What the configuration says of one provider. */
export interface ProviderSettings {
  /** The provider's name in the configuration. */
  readonly name: string
  /** As the user wrote it: see normaliseBaseUrl for the forms that work. */
  readonly baseUrl?: string | undefined
  /** Where a type speaks more than one: the name of a dialect. */
  readonly dialect?: string | undefined
  /** Whether to ask for the usage of streams, where the user knows better than we what the vendor wants. */
  readonly askForUsage?: boolean | undefined
  /** Google Cloud's project, and the region of its models (`global` unless set). */
  readonly project?: string | undefined
  readonly location?: string | undefined
  /** The text of a service account's key file. */
  readonly credentials?: string | undefined
  readonly aws?: AwsSettings | undefined
  /** Of vendors that want the version of their API said. */
  readonly apiVersion?: string | undefined
}

/** A kind of provider that the configuration can name as `type`. */
export interface ProviderType {
  /** The environment variable in which this vendor's key usually stands. */
  readonly keyVariable?: string
  /** Another one, where the vendor's own tools look next. */
  readonly otherKeyVariable?: string
  /** Without a key it proves itself in another way. */
  readonly keyOptional?: boolean
  /** There is no chat here: nobody answers prompts. */
  readonly withoutChat?: boolean
  /** Where the vendor answers unless the settings say otherwise; absent for types that have no usual address. */
  readonly baseUrl?: string
  /** Throws an Error whose message is safe to show when the settings cannot work. */
  create(settings: ProviderSettings): Provider
}

/** Refuses a dialect that a type does not speak; returns the one to speak, the first of `spoken` unless the settings name one. */
export function chooseDialect(settings: ProviderSettings, spoken: readonly [string, ...string[]]): string {
  const wanted = settings.dialect ?? spoken[0]
  if (spoken.includes(wanted)) return wanted
  throw new Error(`Provider ${settings.name} does not speak the dialect ${wanted}; it speaks ${spoken.join(', ')}.`)
}
