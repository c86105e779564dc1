import type { Run } from '../../../bench/loadtest/run.ts'

/**
 * A run of 20 s, the last 15 of them with all of its 100 users: 10 calls a second and 1 in 100 failed; CPU of half a core, a quarter
 * and an eighth; memory grows by 1 MiB a second from 100, of which 50 to 56 are the old generation; each call costs the gateway at most 1 ms, and before all users came 10 ms.
 */
export function aRun(): Run {
  const seconds = Array.from({ length: 20 }, (_, index) => index)
  const all = { name: 'Aggregated', requests: 200, failures: 2, p50: 400, p99: 500, longest: 600 }
  return {
    results: {
      moments: seconds.map(second => ({
        at: 1000 + second,
        users: second < 5 ? 50 : 100,
        requestsPerSecond: second < 5 ? 5 : 10,
        failuresPerSecond: 0.1,
        p50: second === 0 ? undefined : 400,
        p99: second === 0 ? undefined : 500,
      })),
      kinds: [{ ...all, name: 'chat' }],
      all,
      failures: ['chat: cut off (2 times)'],
    },
    samples: seconds.map(second => ({
      at: 1000 + second,
      cpu: { gateway: second / 2, simulator: second / 4, locust: second / 8 },
      memory: 100 + second,
      old: 50 + (second % 7),
      overhead: [
        [0.001, 10 * Math.max(second - 5, 0)],
        [0.01, 10 * second],
        [Number.POSITIVE_INFINITY, 10 * second],
      ],
    })),
  }
}
