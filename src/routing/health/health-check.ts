import type { Usage } from '../../call/result.ts'
import { CONSEQUENCES } from '../../errors.ts'
import type { Exchange } from '../../upstream/exchange.ts'
import type { Outcome } from '../../upstream/outcome.ts'
import { blame } from '../attempt/judge.ts'
import { KEY_COOLDOWN } from '../breaker/cooldown.ts'
import { sideCall, sideHeaders, within } from '../side-call.ts'
import type { Vendor, VendorKey } from '../target.ts'

/** What one check has found; words are safe to log. */
export interface Finding {
  /** Why the vendor is unhealthy. */
  readonly illness?: string
  /** The vendor answers, and refuses the key. */
  readonly keyRefused?: boolean
  /** The vendor answers, and rate-limits us. */
  readonly limited?: boolean
  /** The vendor answers, and refuses this prompt, which proves no more than that. */
  readonly refusal?: string
  /** What it is billed for. */
  readonly usage?: Usage
}

/** A check that is ready to be sent. */
export interface Check {
  readonly exchange: Exchange
  /** Sends it; false where there is no room, and nothing was sent. `now` in ms on the monotonic clock. */
  start(now: number): boolean
  /** What its answer says of the vendor; must be called once it was sent. */
  read(outcome: Outcome, now: number): Finding
}

/** What metrics call a finding; undefined is a check that was not sent. */
export function outcomeOf(finding: Finding | undefined): string {
  if (finding === undefined) return 'skipped'
  if (finding.illness !== undefined) return 'ill'
  if (finding.keyRefused) return 'unauthorized'
  if (finding.limited) return 'limited'
  return finding.refusal === undefined ? 'ok' : 'refused'
}

/** A check that costs nothing. Rejects where the provider cannot sign it. */
export async function freeCheck(vendor: Vendor, key: VendorKey, timeout: number): Promise<Check> {
  const exchange = await checkOf(vendor, key, timeout)
  return {
    exchange,
    start: () => {
      exchange.start()
      return true
    },
    read: (outcome, now) => readCheck(vendor, key, outcome, now),
  }
}

/**
 * The cheapest call that proves that a vendor answers: no prompt goes out, so no tokens are billed. Not started yet; ends
 * after `timeout` ms at the latest. `query` without its `?`. Rejects where the provider cannot sign it.
 */
export function checkOf(vendor: Vendor, key: VendorKey, timeout: number, query = ''): Promise<Exchange> {
  const { method, path } = vendor.provider.healthCheck()
  return sideCall(vendor, key, { method, path, query, headers: sideHeaders(vendor), body: undefined }, within(timeout))
}

/**
 * What an answer says about the vendor. One that refuses (a 404 of a server without a list of models, a 429) is healthy. A refused
 * key cools down, as after a call; but not after a 403, which vendors also answer to keys that may do everything but list models. `now` in ms on the monotonic clock.
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
