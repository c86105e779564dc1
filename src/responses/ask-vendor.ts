import { endpointFor } from '../providers/endpoint-for.ts'
import { sideCall, sideHeaders } from '../routing/side-call.ts'
import type { Vendor, VendorKey } from '../routing/target.ts'
import type { Exchange } from '../upstream/exchange.ts'

/** What a client may do with a response that a vendor stores. */
export type Action = 'read' | 'read-input' | 'delete' | 'cancel'

const METHODS = { read: 'GET', 'read-input': 'GET', delete: 'DELETE', cancel: 'POST' } as const
const SUBPATHS = { read: '', 'read-input': '/input_items', delete: '', cancel: '/cancel' } as const

/** A call about a stored response, with the key that created it; `query` without `?`. It is not started yet. Rejects where it cannot be signed. */
export function aboutResponse(
  vendor: Vendor,
  key: VendorKey,
  id: string,
  action: Action,
  query: string,
): Promise<Exchange> {
  // Only vendors with a Responses API create responses, so the endpoint is always there.
  const base = endpointFor(vendor.provider, 'responses')?.path('', false) ?? ''
  const path = `${base}/${encodeURIComponent(id)}${SUBPATHS[action]}`
  const request = { method: METHODS[action], path, query, headers: sideHeaders(vendor), body: undefined }
  return sideCall(vendor, key, request, vendor.timeouts)
}
