import { dialectNamed } from '../dialects/index.ts'
import type { Envelope } from '../relay/envelope.ts'
import { passageTo } from '../relay/passage.ts'
import type { Exchange } from '../upstream/exchange.ts'
import { plainHeaders } from './attempt/outgoing.ts'
import { sideCall, within } from './side-call.ts'
import type { Candidate, Route } from './target.ts'

/** Clients count before they call; after this long (ms) an estimate serves them better. */
const TIMEOUT = 5_000

/** The first candidate of a route whose vendor counts tokens itself, in the client's own dialect, and whose key is not cooling down. */
export function counterOf({ targets }: Route, envelope: Envelope, now: number): Candidate | undefined {
  const able = targets.filter(({ vendor }) => vendor.provider.countTokens?.dialect === envelope.dialect.name)
  return able.flatMap(({ candidates }) => candidates).find(({ key }) => key.cooldown.remaining(now) <= 0)
}

/**
 * The request that counts a call's tokens, not sent yet; undefined where the call cannot be passed on as it came. It bypasses gates
 * and breakers, as a health check does: whether a vendor counts says nothing about whether its model answers (B30).
 * Rejects where the provider cannot sign it.
 */
export async function countingOf(candidate: Candidate, envelope: Envelope): Promise<Exchange | undefined> {
  const { target, key } = candidate
  const { provider } = target.vendor
  const door = provider.countTokens
  if (door === undefined) throw new Error(`provider ${provider.name} does not count tokens`)
  const dialect = dialectNamed(door.dialect)
  const passage = await envelope.pace(passageTo(provider, dialect, envelope, target.model, { facts: target.facts }))
  if (passage.lane !== 'pass') return undefined
  const path = door.path(target.model, false)
  const headers = plainHeaders(candidate, passage, envelope)
  const request = { method: 'POST', path, query: envelope.query, headers, body: passage.body } as const
  return sideCall(target.vendor, key, request, within(TIMEOUT))
}
