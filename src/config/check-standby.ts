import { checkProvider } from './check-targets.ts'
import { Circles } from './circles.ts'
import { didYouMean } from './nearest.ts'
import type { Report } from './report.ts'
import { getIn, isSection, itemsOf, membersOf, type Path } from './tree.ts'

const LISTS = [['degradeTo'], ['fallbacks', 'contextWindow'], ['fallbacks', 'contentFilter']] as const

/** What models fall back to: other models that exist, ladders that lead down and never back, steps that change something. */
export function checkStandby(tree: unknown, report: Report): void {
  const models = getIn(tree, ['models'])
  const known = new Set(membersOf(models).map(([name]) => name))
  const providers = membersOf(getIn(tree, ['providers'])).map(([name]) => name)
  const circles = new Circles(models)
  for (const [name, model] of membersOf(models)) {
    const path = ['models', name]
    for (const list of LISTS) checkNames([...path, ...list], name, itemsOf(getIn(model, list)), known, report)
    const circle = circles.beginningAt(name)
    if (circle) report.add([...path, 'degradeTo'], `leads back to where it began: ${[...circle, name].join(' -> ')}`)
    checkProvider([...path, 'lastResort'], getIn(model, ['lastResort']), providers, report)
    const keepsStale = getIn(model, ['cache', 'staleIfError']) !== undefined
    checkSteps([...path, 'degrade', 'steps'], itemsOf(getIn(model, ['degrade', 'steps'])), keepsStale, report)
  }
}

function checkNames(
  path: Path,
  model: string,
  names: readonly unknown[],
  known: ReadonlySet<string>,
  report: Report,
): void {
  for (const [index, name] of names.entries()) {
    const place = [...path, index]
    if (typeof name !== 'string') continue
    if (name === model) report.add(place, 'is the model itself')
    else if (!known.has(name)) report.add(place, `unknown model${report.quote(place)}${didYouMean(name, known)}`)
    else if (names.indexOf(name) < index) report.add(place, 'stands here twice')
  }
}

function checkSteps(path: Path, steps: readonly unknown[], keepsStale: boolean, report: Report): void {
  for (const [index, step] of steps.entries()) {
    if (!isSection(step)) continue
    const place = [...path, index]
    if (step.stale && !keepsStale) report.addAtKey(place, 'a step that is "stale" needs "cache.staleIfError"')
    if (step.maxTokens !== undefined || step.reasoningEffort !== undefined || step.stale) continue
    report.addAtKey(place, 'a step needs "maxTokens", "reasoningEffort" or "stale"')
  }
}
