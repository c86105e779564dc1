/** Longest wait before the first retry, ms; doubled for each one after it. */
const BASE_MS = 100
const CAP_MS = 2_000

/**
 * How long (ms) to wait before the only target is retried, after `failures` in a row: full jitter (M. Brooker,
 * "Exponential Backoff And Jitter", AWS 2015), which spreads a crowd of retries best. `random` is in [0, 1).
 */
export function backoffMs(failures: number, random: number): number {
  return random * Math.min(CAP_MS, BASE_MS * 2 ** (failures - 1))
}
