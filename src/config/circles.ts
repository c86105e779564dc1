import { getIn, itemsOf, membersOf } from './tree.ts'

/** Finds the models that lead to themselves by others (`degradeTo`). What each leads to is looked at once for all of them. */
export class Circles {
  readonly #models: unknown
  /** Whether all that a model leads to has an end; false as well while that is being found out. */
  readonly #ends = new Map<string, boolean>()

  /** `models` as they stand in the document. */
  constructor(models: unknown) {
    this.#models = models
  }

  /** A circle's models, from this one on; undefined where there is none, or where another of them is first in the document. */
  beginningAt(model: string): readonly string[] | undefined {
    if (this.#endsAt(model)) return undefined
    const trail = [model]
    if (!this.#leadsBack(trail, new Set())) return undefined
    const first = membersOf(this.#models).find(([name]) => trail.includes(name))
    return first?.[0] === model ? trail : undefined
  }

  #endsAt(model: string): boolean {
    const known = this.#ends.get(model)
    if (known !== undefined) return known
    this.#ends.set(model, false)
    const ends = this.#below(model).every(next => this.#endsAt(next))
    this.#ends.set(model, ends)
    return ends
  }

  /** Makes of the trail the way from its first back to it; who is in `seen` does not lead there. */
  #leadsBack(trail: string[], seen: Set<string>): boolean {
    for (const next of this.#below(trail.at(-1) as string)) {
      if (next === trail[0]) return true
      if (seen.has(next)) continue
      seen.add(next)
      trail.push(next)
      if (this.#leadsBack(trail, seen)) return true
      trail.pop()
    }
    return false
  }

  /** That a model leads to itself at once is another mistake. */
  #below(model: string): readonly string[] {
    const names = itemsOf(getIn(this.#models, [model, 'degradeTo']))
    return names.filter((name): name is string => typeof name === 'string' && name !== model)
  }
}
