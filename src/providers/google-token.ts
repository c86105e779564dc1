import { UpstreamKey } from '../errors.ts'
import { getOrCreate } from '../get-or-create.ts'

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform'

/** An access token for a service account, by the text of its key file, or for the machine's own account. Rejects with UpstreamKey. */
export type TokenSource = (keyFile: string | undefined) => Promise<string>

/** Fetches a token, or returns one that is still valid. */
type FetchToken = () => Promise<string | null | undefined>

/** Tokens from Google, cached and renewed by its library, which is large and loaded when the first token is needed. */
export function googleTokens(): TokenSource {
  const known = new Map<string | undefined, Promise<FetchToken>>()
  return async keyFile => {
    try {
      const fetchToken = await getOrCreate(known, keyFile, () => tokenFetcher(keyFile))
      const token = await fetchToken()
      if (token) return token
    } catch (cause) {
      known.delete(keyFile)
      throw UpstreamKey({ cause })
    }
    throw UpstreamKey()
  }
}

async function tokenFetcher(keyFile: string | undefined): Promise<FetchToken> {
  const { GoogleAuth, JWT } = await import('google-auth-library')
  if (keyFile === undefined) {
    const auth = new GoogleAuth({ scopes: SCOPE })
    return () => auth.getAccessToken()
  }
  const { client_email: email, private_key: key } = parse(keyFile)
  const account = new JWT({ email, key, scopes: [SCOPE] })
  return async () => (await account.getAccessToken()).token
}

/** The parser's own message would quote a piece of the file, and be logged. */
function parse(keyFile: string): { readonly client_email: string; readonly private_key: string } {
  try {
    return JSON.parse(keyFile)
  } catch {
    throw new Error('The key file of the service account is not JSON.')
  }
}
