import type { ResponseHeaders } from '../../upstream/outcome.ts'
import { KEY_COOLDOWN } from '../breaker/cooldown.ts'
import { retryAfterMs } from '../quota/retry-after.ts'
import type { Candidate } from '../target.ts'
import type { Judgement } from './judge.ts'

/** Of a model with a key that may not use it, ms: short, as the one request may have been at fault. */
const FORBIDDEN_COOLDOWN = 5_000
/** Where a vendor limits us without saying for how long, ms. */
const DEFAULT_COOLDOWN = 1_000

/**
 * Starts the cooldown that a refusal calls for: of the key, or of the model with it. Returns the vendor's retry-after in ms, where it
 * limits us or says one. `now` in ms on the monotonic clock.
 */
export function coolDown(
  { key, gate }: Pick<Candidate, 'key' | 'gate'>,
  { kind, ourKey, wholeKey, retryAfterMs: said }: Omit<Judgement, 'fault'>,
  headers: ResponseHeaders,
  now: number,
): number | undefined {
  if (ourKey) {
    if (wholeKey) key.cooldown.extend(now, KEY_COOLDOWN)
    else gate.cooldown.extend(now, FORBIDDEN_COOLDOWN)
    return undefined
  }
  const limited = kind === 'limited'
  const wait = retryAfterMs(headers, Date.now()) ?? said ?? (limited ? DEFAULT_COOLDOWN : undefined)
  if (limited && wait !== undefined) gate.cooldown.extend(now, wait)
  return wait
}
