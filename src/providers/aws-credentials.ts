import { CredentialsMissing } from '../errors.ts'
import type { AwsCredentials } from './signature-v4.ts'

/** Credentials that were looked up; those of a role expire. */
export interface FoundCredentials extends AwsCredentials {
  readonly expiration?: Date | undefined
}

/** How long before they expire credentials are replaced, in ms. */
const RENEW_AHEAD = 300_000

/** How long AWS's metadata service on the machine may take to answer, in ms: outside of AWS there is none. */
const METADATA_TIMEOUT = 1_000

/** Caches credentials until shortly before they expire; concurrent requests share one look-up. */
export class CachedCredentials {
  readonly #find: () => Promise<FoundCredentials>
  #found: FoundCredentials | undefined
  #finding: Promise<FoundCredentials> | undefined

  /** `find` looks them up; its failures are not cached. */
  constructor(find: () => Promise<FoundCredentials>) {
    this.#find = find
  }

  /** `now` in ms since 1970. Rejects with CredentialsMissing when there are none. */
  at(now: number): FoundCredentials | Promise<FoundCredentials> {
    if (this.#found !== undefined && expiryOf(this.#found) - RENEW_AHEAD > now) return this.#found
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
      // The old ones may still be valid.
      if (this.#found !== undefined && expiryOf(this.#found) > now) return this.#found
      throw CredentialsMissing({ cause: error })
    }
  }
}

function expiryOf({ expiration }: FoundCredentials): number {
  return expiration?.getTime() ?? Infinity
}

/** AWS's default provider chain: variables, the shared files, SSO, a container's or a machine's role. Loaded when first needed. */
export async function findDefaultCredentials(): Promise<FoundCredentials> {
  const { defaultProvider } = await import('@aws-sdk/credential-provider-node')
  return defaultProvider({ timeout: METADATA_TIMEOUT, maxRetries: 1 })()
}
