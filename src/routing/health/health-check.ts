import { CONSEQUENCES } from '../../errors.ts'
import { Exchange } from '../../upstream/exchange.ts'
import type { Outcome } from '../../upstream/outcome.ts'
import { blame } from '../attempt/judge.ts'
import { KEY_COOLDOWN } from '../breaker/cooldown.ts'
import type { Vendor, VendorKey } from '../target.ts'

/** What one check has found; `illness` says why the vendor is not well, in words that are safe to log. */
export interface Finding {
  readonly illness?: string
  /** The vendor answers, and refuses the key. */
  readonly keyRefused?: boolean
}

/**
 * The cheapest call that proves that a vendor answers: no prompt goes out, so no tokens are billed. Not started yet; ends
 * after `timeout` ms at the latest. `query` without its `?`. Rejects where the provider cannot sign it.
 */
export async function checkOf(vendor: Vendor, key: VendorKey, timeout: number, query = ''): Promise<Exchange> {
  const { provider, origin, basePath, pool } = vendor
  const { method, path: below } = provider.healthCheck()
  const path = basePath + below
  const headers: Record<string, string> = {
    accept: 'application/json',
    'accept-encoding': 'identity',
    'user-agent': 'sluice',
    ...provider.headers,
  }
  const proof = await provider.authorize(
    { method, url: origin + path + (query && `?${query}`), headers, body: undefined },
    key.secret,
  )
  return new Exchange({
    pool,
    method,
    origin,
    path,
    query,
    headers: { ...headers, ...proof },
    body: undefined,
    stream: false,
    timeouts: { firstByte: timeout, idle: timeout, total: timeout },
  })
}

/**
 * What an answer says of the vendor. One that is there to refuse (a 404 of a server without a list of models, a 429) is
 * well. A refused key rests, as it would after a call; but not after a 403, with which vendors also answer keys that may do
 * everything except list models. `now` in ms on the monotonic clock.
 */
export function readCheck(vendor: Vendor, key: VendorKey, outcome: Outcome, now: number): Finding {
  if (outcome.type === 'failed') return { illness: outcome.reason }
  if (outcome.type === 'stream') {
    outcome.body.abort()
    return {}
  }
  const { status, body } = outcome
  if (status < 400) return {}
  const { kind, ourKey, wholeKey } = blame(vendor.provider, status, body)
  if (ourKey) {
    if (wholeKey) key.cooldown.extend(now, KEY_COOLDOWN)
    return { keyRefused: true }
  }
  return CONSEQUENCES[kind].breaker ? { illness: `status ${status}` } : {}
}
