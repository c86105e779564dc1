import { CredentialsMissing } from '../errors.ts'
import type { AwsCredentials } from './signature-v4.ts'

/** Found credentials; those of a role expire. */
export interface FoundCredentials extends AwsCredentials {
  readonly expiration?: Date | undefined
}

/** How long before their end credentials are replaced, ms. */
const AHEAD = 300_000

/** How long AWS's metadata service on the machine may take to answer, ms: where there is none, nobody answers. */
const METADATA_TIMEOUT = 1_000

/** What a look-up has found, until it is nearly over; many who ask at once look once. */
export class KeptCredentials {
  readonly #find: () => Promise<FoundCredentials>
  #found: FoundCredentials | undefined
  #finding: Promise<FoundCredentials> | undefined

  /** `find` looks them up; its failures are not kept. */
  constructor(find: () => Promise<FoundCredentials>) {
    this.#find = find
  }

  /** `now` in ms since 1970. Rejects with CredentialsMissing when there are none. */
  at(now: number): FoundCredentials | Promise<FoundCredentials> {
    if (this.#found !== undefined && endOf(this.#found) - AHEAD > now) return this.#found
    this.#finding ??= this.#look(now).finally(() => {
      this.#finding = undefined
    })
    return this.#finding
  }

  async #look(now: number): Promise<FoundCredentials> {
    try {
      this.#found = await this.#find()
      return this.#found
    } catch (error) {
      // What was found before may still do.
      if (this.#found !== undefined && endOf(this.#found) > now) return this.#found
      throw CredentialsMissing({ cause: error })
    }
  }
}

function endOf({ expiration }: FoundCredentials): number {
  return expiration?.getTime() ?? Infinity
}

/** AWS's usual places: variables, the shared files, SSO, a container's or a machine's role. Loaded when first needed. */
export async function findInUsualPlaces(): Promise<FoundCredentials> {
  const { defaultProvider } = await import('@aws-sdk/credential-provider-node')
  return defaultProvider({ timeout: METADATA_TIMEOUT, maxRetries: 1 })()
}
