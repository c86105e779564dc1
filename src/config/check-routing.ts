import type { FactsTable } from '../models/facts.ts'
import { factsOf } from '../models/lookup.ts'
import type { Report } from './report.ts'
import { getIn, isSection, itemsOf, membersOf, type Path } from './tree.ts'

const WITHOUT_WEIGHTS: readonly unknown[] = ['priority', 'least-latency']
const WITHOUT_PRICES: readonly unknown[] = ['weighted', 'least-latency', 'least-busy', 'priority']
/** These send all calls to the same target as long as it can answer. */
const WITHOUT_AFFINITY: readonly unknown[] = ['priority', 'cheapest']

/**
 * How a model chooses among its targets: what a strategy, or their number, does not read is refused, what it needs is there. `facts` is the
 * operator's own table.
 */
export function checkRouting(path: Path, model: unknown, facts: FactsTable, report: Report): void {
  const strategy = getIn(model, ['strategy']) ?? 'weighted'
  const affinity = getIn(model, ['affinity'])
  const targets = itemsOf(getIn(model, ['targets']))
  // Affinity shares sessions out by weight, whatever the strategy.
  if (WITHOUT_WEIGHTS.includes(strategy) && affinity === undefined) refuse('weight', path, strategy, targets, report)
  else checkWeights(path, targets, report)
  if (WITHOUT_PRICES.includes(strategy)) refuse('price', path, strategy, targets, report)
  if (strategy === 'cheapest' && !targets.some(target => isPriced(target, facts)))
    report.add([...path, 'strategy'], 'cheapest needs the price of at least one target')
  // The tree holds what a variable says as text.
  if (
    targets.length === 1 &&
    String(getIn(model, ['retrySameTarget'])) !== 'true' &&
    getIn(model, ['hedge']) !== undefined
  )
    report.addAtKey([...path, 'hedge'], 'hedge has no meaning with one target, unless it has retrySameTarget')
  if (affinity !== undefined) checkAffinity([...path, 'affinity'], affinity, strategy, report)
}

/** The operator's own table of `modelFacts` as it stands in the document. What is wrong in it, others tell. */
export function factsIn(modelFacts: unknown): FactsTable {
  return Object.fromEntries(membersOf(modelFacts).filter(([, row]) => isSection(row))) as FactsTable
}

function isPriced(target: unknown, facts: FactsTable): boolean {
  if (getIn(target, ['price']) !== undefined) return true
  return factsOf(String(getIn(target, ['provider'])), String(getIn(target, ['model'])), facts).price !== undefined
}

function refuse(key: string, path: Path, strategy: unknown, targets: readonly unknown[], report: Report): void {
  for (const [index, target] of targets.entries()) {
    if (getIn(target, [key]) !== undefined)
      report.add([...path, 'targets', index, key], `has no meaning with strategy ${strategy}`)
  }
}

function checkWeights(path: Path, targets: readonly unknown[], report: Report): void {
  const weights = targets.map(target => getIn(target, ['weight']))
  if (weights.length > 0 && weights.every(weight => weight !== undefined && Number(weight) === 0)) {
    report.addAtKey([...path, 'targets'], `all targets of model "${path[1]}" have weight 0`)
  }
}

function checkAffinity(path: Path, affinity: unknown, strategy: unknown, report: Report): void {
  if (WITHOUT_AFFINITY.includes(strategy)) report.addAtKey(path, `affinity has no meaning with strategy ${strategy}`)
  const by = getIn(affinity, ['by'])
  for (const key of ['header', 'prefix']) {
    if (typeof by === 'string' && by !== key && getIn(affinity, [key]) !== undefined) {
      report.add([...path, key], `has no meaning with by: ${by}`)
    }
  }
}
