import { answersBytes, isPlain } from '../../call/operations.ts'
import { endpointFor } from '../../providers/endpoint-for.ts'
import type { Envelope } from '../../relay/envelope.ts'
import type { Passage } from '../../relay/passage.ts'
import { framingOf } from '../../relay/sse.ts'
import { Exchange } from '../../upstream/exchange.ts'
import type { Candidate } from '../target.ts'

/**
 * The upstream call of one attempt. Its headers are built from an allow-list: nothing of the client's travels but what
 * the vendor is known to understand, so no key, cookie or forwarding header of the client's ever does.
 */
export function exchangeFor(candidate: Candidate, passage: Passage, envelope: Envelope): Exchange | Promise<Exchange> {
  const { target, key } = candidate
  const { provider, origin, basePath, pool, timeouts } = target.vendor
  const endpoint = endpointFor(provider, envelope.operation)
  if (endpoint === undefined)
    throw new Error(`provider ${target.vendor.name} has no endpoint for ${envelope.operation}`)
  const path = basePath + endpoint.path(target.model, envelope.stream)
  const headers = plainHeaders(candidate, passage, envelope)
  const proof = provider.authorize({ method: 'POST', url: origin + path, headers, body: passage.body }, key.secret)
  const make = (proven: Record<string, string>): Exchange =>
    new Exchange({
      pool,
      method: 'POST',
      origin,
      path,
      query: passage.lane === 'pass' ? envelope.query : '',
      headers: Object.assign(headers, proven),
      body: passage.body,
      stream: envelope.stream,
      bytes: answersBytes(envelope.operation),
      timeouts,
    })
  return proof instanceof Promise ? proof.then(make) : make(proof)
}

/** The headers of a call, without those of its authorization. */
export function plainHeaders({ target }: Candidate, passage: Passage, envelope: Envelope): Record<string, string> {
  const { provider } = target.vendor
  const headers: Record<string, string> = {
    'content-type': envelope.contentType,
    accept: accepted(envelope, passage),
    // The answer is read on its way, so it must not be compressed.
    'accept-encoding': 'identity',
    'user-agent': 'sluice',
    ...provider.headers,
    ...passage.headers,
  }
  if (passage.lane === 'translate') return headers
  for (const name of provider.forwardHeaders) {
    const value = envelope.headers[name]
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(',') : value
  }
  return headers
}

function accepted({ operation, stream }: Envelope, { dialect }: Passage): string {
  if (stream) return framingOf(dialect).mediaType
  return isPlain(operation) ? '*/*' : 'application/json'
}
