/** How hard to think, as vendors say it in a word, least first. */
export const EFFORTS = ['minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const

export type Effort = (typeof EFFORTS)[number]

/** The thinking budget, in tokens, that comes nearest to the word. */
export const EFFORT_BUDGETS: Readonly<Record<Effort, number>> = {
  minimal: 2048,
  low: 2048,
  medium: 8192,
  high: 16384,
  xhigh: 16384,
  max: 16384,
}

/** The thinking budget for a client's word, in tokens; undefined for a word that is not known. */
export function budgetOfEffort(word: string): number | undefined {
  return Object.hasOwn(EFFORT_BUDGETS, word) ? EFFORT_BUDGETS[word as Effort] : undefined
}

/** Budgets up to which an effort is the nearest word; EFFORT_BUDGETS has the middle of these ranges. */
const LOW_BUDGET = 4096
const MEDIUM_BUDGET = 12288

/** The word that comes nearest to a thinking budget in tokens. */
export function nearestEffort(budget: number): Effort {
  if (budget <= LOW_BUDGET) return 'low'
  return budget <= MEDIUM_BUDGET ? 'medium' : 'high'
}
