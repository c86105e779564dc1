/** A worker that has lived for so long, ms, did not end of its start. */
export const SETTLED_MS = 60_000

const FIRST_MS = 100
const LONGEST_MS = 30_000

/** How long (ms) to wait before the next worker is started, when so many in a row have ended soon after their start. */
export function pauseBefore(shortLives: number): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.max(0, shortLives - 1))
}
