import type { Collectors } from '../../meter/metrics.ts'
import { OTHER_MODELS } from '../create-target.ts'
import type { Allowances } from './allowances.ts'

/** Collects quotas and limits when their gauges are scraped. Names that are not in the config share a label, so they are left out. */
export function allowanceGauges(allowances: Allowances, now: () => number): Collectors {
  const configured = () => [...allowances].filter(({ labels }) => labels.model !== OTHER_MODELS)
  return {
    quotaRemaining: gauge => {
      for (const { allowance, labels } of configured()) {
        for (const [limit, left] of allowance.quota.left(now())) gauge.set({ ...labels, limit }, left)
      }
    },
    concurrencyLimit: gauge => {
      for (const { allowance, labels } of configured()) {
        const limit = allowance.concurrency(now())
        if (limit !== Infinity) gauge.set({ ...labels }, limit)
      }
    },
  }
}
