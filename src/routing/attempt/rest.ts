import type { ResponseHeaders } from '../../upstream/outcome.ts'
import { KEY_COOLDOWN } from '../breaker/cooldown.ts'
import { retryAfterMs } from '../quota/retry-after.ts'
import type { Candidate } from '../target.ts'
import type { Judgement } from './judge.ts'

/** How long one model is left alone with a key that may not use it, ms: short, for it may have been the one request's fault. */
const FORBIDDEN_COOLDOWN = 5_000
/** When a vendor limits us without saying for how long, ms. */
const UNSAID_COOLDOWN = 1_000

/**
 * Leaves alone for a while who has refused: the key, or the model with it. Returns how long the vendor wants to be left alone, in ms,
 * where it limits us or says so. `now` in ms on the monotonic clock.
 */
export function restAfter(
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
  const wait = retryAfterMs(headers, Date.now()) ?? said ?? (limited ? UNSAID_COOLDOWN : undefined)
  if (limited && wait !== undefined) gate.cooldown.extend(now, wait)
  return wait
}
