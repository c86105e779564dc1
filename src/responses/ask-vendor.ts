import { endpointFor } from '../providers/endpoint-for.ts'
import { sideCall, sideHeaders } from '../routing/side-call.ts'
import type { Vendor, VendorKey } from '../routing/target.ts'
import type { Exchange } from '../upstream/exchange.ts'

/** What may be done with a response that a vendor keeps. */
export type Action = 'read' | 'read-input' | 'delete' | 'cancel'

const METHODS = { read: 'GET', 'read-input': 'GET', delete: 'DELETE', cancel: 'POST' } as const
const BELOW = { read: '', 'read-input': '/input_items', delete: '', cancel: '/cancel' } as const

/** A call about the response with that id, by the key that it was given with; `query` without `?`. Not started yet. Rejects where it cannot be signed. */
export function aboutResponse(
  vendor: Vendor,
  key: VendorKey,
  id: string,
  action: Action,
  query: string,
): Promise<Exchange> {
  // Only a vendor that is asked for responses as such has given one by an id.
  const door = endpointFor(vendor.provider, 'responses')?.path('', false) ?? ''
  const path = `${door}/${encodeURIComponent(id)}${BELOW[action]}`
  const request = { method: METHODS[action], path, query, headers: sideHeaders(vendor), body: undefined }
  return sideCall(vendor, key, request, vendor.timeouts)
}
