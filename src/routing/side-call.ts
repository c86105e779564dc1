import { Exchange, type ExchangeRequest } from '../upstream/exchange.ts'
import type { Vendor, VendorKey } from './target.ts'

/** A request of the gateway's own; `path` is below the base URL, `query` without its `?`. */
type SideRequest = Pick<ExchangeRequest, 'method' | 'path' | 'query' | 'headers' | 'body'>

/** A call of the gateway's own, not started yet, which bypasses gates and breakers. Rejects where the provider cannot sign it. */
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

/** Timeouts of a call that must end after so many ms. */
export function within(ms: number): ExchangeRequest['timeouts'] {
  return { firstByte: ms, idle: ms, total: ms }
}

/** The headers of every such call, without those of its authorization. */
export function sideHeaders({ provider }: Vendor): Record<string, string> {
  return {
    accept: 'application/json',
    // The answer is read, so it must not be compressed.
    'accept-encoding': 'identity',
    'user-agent': 'sluice',
    ...provider.headers,
  }
}
