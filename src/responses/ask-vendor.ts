import { endpointFor } from '../providers/endpoint-for.ts'
import type { Vendor, VendorKey } from '../routing/target.ts'
import { Exchange } from '../upstream/exchange.ts'

/** What may be done with a response that a vendor keeps. */
export type Action = 'read' | 'read-input' | 'delete' | 'cancel'

const METHODS = { read: 'GET', 'read-input': 'GET', delete: 'DELETE', cancel: 'POST' } as const
const BELOW = { read: '', 'read-input': '/input_items', delete: '', cancel: '/cancel' } as const

/** A call about the response with that id, by the key that it was given with; `query` without `?`. Not started yet. Rejects where it cannot be signed. */
export async function aboutResponse(
  { provider, origin, basePath, pool, timeouts }: Vendor,
  key: VendorKey,
  id: string,
  action: Action,
  query: string,
): Promise<Exchange> {
  // Only a vendor that is asked for responses as such has given one by an id.
  const door = endpointFor(provider, 'responses')?.path('', false) ?? ''
  const path = `${basePath}${door}/${encodeURIComponent(id)}${BELOW[action]}`
  const method = METHODS[action]
  const headers: Record<string, string> = {
    accept: 'application/json',
    'accept-encoding': 'identity',
    'user-agent': 'sluice',
    ...provider.headers,
  }
  const proof = await provider.authorize({ method, url: origin + path, headers, body: undefined }, key.secret)
  return new Exchange({
    pool,
    method,
    origin,
    path,
    query,
    headers: { ...headers, ...proof },
    body: undefined,
    stream: false,
    timeouts,
  })
}
