import { UpstreamKey } from '../errors.ts'
import { kept } from '../kept.ts'

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform'

/** An access token for the text of a service account's key file, or for whatever the machine itself may use. Rejects with UpstreamKey. */
export type TokenSource = (keyFile: string | undefined) => Promise<string>

/** Asks for the token that is valid now. */
type Ask = () => Promise<string | null | undefined>

/** Tokens from Google, kept and renewed before they end. The library is large, and loaded when the first token is needed. */
export function googleTokens(): TokenSource {
  const known = new Map<string | undefined, Promise<Ask>>()
  return async keyFile => {
    try {
      const ask = await kept(known, keyFile, () => open(keyFile))
      const token = await ask()
      if (token) return token
    } catch (cause) {
      known.delete(keyFile)
      throw UpstreamKey({ cause })
    }
    throw UpstreamKey()
  }
}

async function open(keyFile: string | undefined): Promise<Ask> {
  const { GoogleAuth, JWT } = await import('google-auth-library')
  if (keyFile === undefined) {
    const auth = new GoogleAuth({ scopes: SCOPE })
    return () => auth.getAccessToken()
  }
  const { client_email: email, private_key: key } = parse(keyFile)
  const account = new JWT({ email, key, scopes: [SCOPE] })
  return async () => (await account.getAccessToken()).token
}

/** What the parser itself says of a damaged file quotes a piece of it, and is logged. */
function parse(keyFile: string): { readonly client_email: string; readonly private_key: string } {
  try {
    return JSON.parse(keyFile)
  } catch {
    throw new Error('The key file of the service account is not JSON.')
  }
}
