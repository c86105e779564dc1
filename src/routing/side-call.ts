import { Exchange, type ExchangeRequest } from '../upstream/exchange.ts'
import type { Vendor, VendorKey } from './target.ts'

/** What is asked of a vendor beside the calls of clients; `path` stands below the base URL, `query` without its `?`. */
type SideRequest = Pick<ExchangeRequest, 'method' | 'path' | 'query' | 'headers' | 'body'>

/** A call of the gateway's own, not started yet: it goes past gates and breakers. Rejects where the provider cannot sign it. */
export async function sideCall(
  { provider, origin, basePath, pool }: Vendor,
  key: VendorKey,
  { method, path: below, query, headers, body }: SideRequest,
  timeouts: ExchangeRequest['timeouts'],
): Promise<Exchange> {
  const path = basePath + below
  const url = origin + path + (query && `?${query}`)
  const proof = await provider.authorize({ method, url, headers, body }, key.secret)
  return new Exchange({
    pool,
    method,
    origin,
    path,
    query,
    headers: { ...headers, ...proof },
    body,
    stream: false,
    timeouts,
  })
}

/** For a call that ends after so many ms, whatever it does. */
export function within(ms: number): ExchangeRequest['timeouts'] {
  return { firstByte: ms, idle: ms, total: ms }
}

/** The headers that every such call has, but those that prove who calls. */
export function sideHeaders({ provider }: Vendor): Record<string, string> {
  return {
    accept: 'application/json',
    // The answer is read, so it must not be compressed.
    'accept-encoding': 'identity',
    'user-agent': 'sluice',
    ...provider.headers,
  }
}
