import { checkRouting, factsIn } from './check-routing.ts'
import { didYouMean } from './nearest.ts'
import type { Report } from './report.ts'
import { getIn, itemsOf, membersOf, type Path } from './tree.ts'

/** Models: their targets' providers exist, their names hide no provider, and their strategies fit. */
export function checkModels(tree: unknown, report: Report): void {
  const providers = membersOf(getIn(tree, ['providers'])).map(([name]) => name)
  const facts = factsIn(getIn(tree, ['modelFacts']))
  for (const [name, model] of membersOf(getIn(tree, ['models']))) {
    const path = ['models', name]
    const prefix = name.split('/', 1)[0] ?? ''
    if (name.includes('/') && providers.includes(prefix)) {
      report.addAtKey(path, `model "${name}" would hide the models of provider "${prefix}"; choose another name`)
    }
    const targets = itemsOf(getIn(model, ['targets']))
    for (const [index, target] of targets.entries())
      checkProvider([...path, 'targets', index], target, providers, report)
    checkRouting(path, model, facts, report)
  }
}

/** Whoever is to be asked stands under `providers`. */
export function checkProvider(path: Path, target: unknown, providers: readonly string[], report: Report): void {
  const provider = getIn(target, ['provider'])
  if (typeof provider !== 'string' || providers.includes(provider)) return
  const member = [...path, 'provider']
  report.add(member, `unknown provider${report.quote(member)}${didYouMean(provider, providers)}`)
}
