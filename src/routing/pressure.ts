import type { Target } from './target.ts'

/** How hard a model is pressed at `now` (ms, monotonic): the share, 0..1, of its targets, key by key, that cannot be asked. */
export function pressureOn(targets: readonly Target[], now: number): number {
  let all = 0
  let out = 0
  for (const { candidates } of targets) {
    for (const { gate } of candidates) {
      all += 1
      if (!gate.ready(now)) out += 1
    }
  }
  return all === 0 ? 0 : out / all
}
