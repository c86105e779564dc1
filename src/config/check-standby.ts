import { checkProvider } from './check-targets.ts'
import { didYouMean } from './nearest.ts'
import type { Report } from './report.ts'
import { getIn, isSection, itemsOf, membersOf, type Path } from './tree.ts'

const LISTS = [['degradeTo'], ['fallbacks', 'contextWindow'], ['fallbacks', 'contentFilter']] as const

/** What models fall back to: other models that exist, ladders that lead down and never back, steps that change something. */
export function checkStandby(tree: unknown, report: Report): void {
  const models = getIn(tree, ['models'])
  const providers = membersOf(getIn(tree, ['providers'])).map(([name]) => name)
  for (const [name, model] of membersOf(models)) {
    const path = ['models', name]
    for (const list of LISTS) checkNames([...path, ...list], name, itemsOf(getIn(model, list)), models, report)
    checkCircle(path, name, models, report)
    checkProvider([...path, 'lastResort'], getIn(model, ['lastResort']), providers, report)
    const keepsStale = getIn(model, ['cache', 'staleIfError']) !== undefined
    checkSteps([...path, 'degrade', 'steps'], itemsOf(getIn(model, ['degrade', 'steps'])), keepsStale, report)
  }
}

function checkNames(path: Path, model: string, names: readonly unknown[], models: unknown, report: Report): void {
  const known = membersOf(models).map(([name]) => name)
  for (const [index, name] of names.entries()) {
    const place = [...path, index]
    if (typeof name !== 'string') continue
    if (name === model) report.add(place, 'is the model itself')
    else if (!known.includes(name)) report.add(place, `unknown model${report.quote(place)}${didYouMean(name, known)}`)
    else if (names.indexOf(name) < index) report.add(place, 'stands here twice')
  }
}

/** A model that leads to itself by others; a circle is reported once, at the first of its models. */
function checkCircle(path: Path, model: string, models: unknown, report: Report): void {
  const trail = circleFrom([model], new Set(), models)
  if (trail === undefined) return
  const first = membersOf(models).find(([name]) => trail.includes(name))
  if (first?.[0] !== model) return
  report.add([...path, 'degradeTo'], `leads back to where it began: ${[...trail, model].join(' -> ')}`)
}

/** The way from the first of the trail back to it; who is in `seen` does not lead there. */
function circleFrom(trail: readonly string[], seen: Set<string>, models: unknown): readonly string[] | undefined {
  const [first, last] = [trail[0], trail.at(-1)] as [string, string]
  for (const next of itemsOf(getIn(models, [last, 'degradeTo']))) {
    if (next === first && trail.length > 1) return trail
    if (typeof next !== 'string' || next === first || seen.has(next)) continue
    seen.add(next)
    const circle = circleFrom([...trail, next], seen, models)
    if (circle !== undefined) return circle
  }
  return undefined
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
