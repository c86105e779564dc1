import { checkProvider } from './check-models.ts'
import { Circles } from './circles.ts'
import { didYouMean } from './nearest.ts'
import type { Report } from './report.ts'
import { boolean } from './scalars.ts'
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
    checkSteps([...path, 'degrade', 'steps'], model, models, report)
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

function checkSteps(path: Path, model: unknown, models: unknown, report: Report): void {
  for (const [index, step] of itemsOf(getIn(model, ['degrade', 'steps'])).entries()) {
    if (!isSection(step)) continue
    const place = [...path, index]
    const { maxTokens, reasoningEffort, stale, degradeTo } = step
    if (switchOf(stale) === true) checkStale(place, model, report)
    if (switchOf(degradeTo) === true) checkOthersFirst(place, model, models, report)
    if (maxTokens !== undefined || reasoningEffort !== undefined || !isOff(stale) || !isOff(degradeTo)) continue
    report.addAtKey(place, 'a step needs "maxTokens", "reasoningEffort", "degradeTo" or "stale"')
  }
}

/** The tree holds what was written: of a variable or a generated file that is text. */
function switchOf(value: unknown): boolean | undefined {
  return boolean().safeParse(value).data
}

/** What is neither on nor off is refused by the schema, which is enough. */
function isOff(value: unknown): boolean {
  return value === undefined || switchOf(value) === false
}

function checkStale(step: Path, model: unknown, report: Report): void {
  if (getIn(model, ['cache', 'staleIfError']) !== undefined) return
  report.addAtKey(step, 'a step that is "stale" needs "cache.staleIfError"')
}

/** One attempt is for the model's own targets, so that no call fails only because it went elsewhere first. */
function checkOthersFirst(step: Path, model: unknown, models: unknown, report: Report): void {
  const place = [...step, 'degradeTo']
  if (itemsOf(getIn(model, ['degradeTo'])).length === 0)
    report.add(place, 'needs models in the "degradeTo" of the model')
  else if (!leadsElsewhere(model, models))
    report.add(place, `has no meaning with models in "degradeTo" that have only the model's own targets`)
  if (Number(getIn(model, ['attempts'])) === 1)
    report.add(place, 'needs at least 2 "attempts", one for the model itself')
}

/** Whether a model below has a target that the model has not. One that is not known may have: that is another mistake. */
function leadsElsewhere(model: unknown, models: unknown): boolean {
  const own = new Set(targetsOf(model))
  const below = new Set(itemsOf(getIn(model, ['degradeTo'])))
  // Those that are added on the way are gone into as well.
  for (const name of below) {
    const next = getIn(models, [String(name)])
    if (!isSection(next) || next === model) return true
    if (targetsOf(next).some(id => !own.has(id))) return true
    for (const further of itemsOf(next.degradeTo)) below.add(further)
  }
  return false
}

function targetsOf(model: unknown): string[] {
  return itemsOf(getIn(model, ['targets'])).map(target => `${getIn(target, ['provider'])}/${getIn(target, ['model'])}`)
}
