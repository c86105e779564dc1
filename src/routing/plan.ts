import { didYouMean } from '../config/nearest.ts'
import { excerpt, ModelForbidden, ModelUnknown } from '../errors.ts'
import { endpointFor } from '../providers/endpoint-for.ts'
import { safeModelPath } from '../providers/model-path.ts'
import { createTarget, idWithKey } from './create-target.ts'
import { type OrderContext, orderOf } from './order.ts'
import { RoutingState } from './routing-state.ts'
import type { Route, Target, Vendor } from './target.ts'

/** Most `provider/model` routes that are kept; clients choose the names, so there must be a bound. */
const MOST_DIRECT_ROUTES = 1_000
/** Attempts of a `provider/model` route: its one target may have several keys. */
const DIRECT_ATTEMPTS = 3

/** The part of a snapshot that a planner works on. */
export interface PlanSource {
  readonly vendors: ReadonlyMap<string, Vendor>
  readonly routes: ReadonlyMap<string, Route>
  /** Targets of billed health checks, by the vendor's name. */
  readonly checkTargets: ReadonlyMap<string, Target>
}

/** Finds the targets of a model name and the order in which to try them. One per snapshot. */
export class Planner {
  readonly #source: PlanSource
  #state: RoutingState
  readonly #direct = new Map<string, Route>()
  /** Targets of the config, by `provider/model`, and the models that providers have built in. */
  readonly configured: ReadonlySet<string>

  /** `directNames` are the `provider/model` names that the planner before this one had routes for. */
  constructor(source: PlanSource, state: RoutingState, directNames: Iterable<string> = []) {
    this.#source = source
    this.#state = state
    this.configured = new Set([...this.everyTarget.map(({ id }) => id), ...modelsOf(source.vendors)])
    for (const name of directNames) this.#directRoute(name)
  }

  /** The `provider/model` names that were requested, the latest last. */
  get directNames(): Iterable<string> {
    return this.#direct.keys()
  }

  /** The names that are listed to clients: those under `models`, and their targets by `provider/model`. */
  get names(): readonly string[] {
    const { routes, vendors } = this.#source
    const targets = [...routes.values()].flatMap(route => route.targets.map(({ id }) => id))
    return [...new Set([...routes.keys(), ...targets, ...modelsOf(vendors)])]
  }

  /** Every target under `models`, and those that were requested as `provider/model`, each once. */
  get targets(): readonly Target[] {
    const routes = [...this.#source.routes.values(), ...this.#direct.values()]
    const targets = routes.flatMap(route => route.targets.map(target => [target.id, target] as const))
    return [...new Map(targets).values()]
  }

  /** As `targets`, with those of last resort and of health checks: all targets whose state is in use. */
  get everyTarget(): readonly Target[] {
    const last = [...this.#source.routes.values()].flatMap(({ standby }) => standby?.lastResort ?? [])
    return [...this.targets, ...last, ...this.#source.checkTargets.values()]
  }

  /** Another planner is in force: routes that late requests create here must not touch the state that the other one uses. */
  retire(): void {
    this.#state = new RoutingState(() => performance.now())
  }

  /**
   * The route of a name under `models`, or of `provider/model`. Throws ModelForbidden for one that `may` does not allow, before
   * anything is stored for it, InvalidRequest for one that is no safe path, and ModelUnknown with the nearest allowed name.
   */
  route(model: string, may: (model: string) => boolean): Route {
    if (!may(model) && this.#names(model)) throw ModelForbidden({ param: 'model' }, excerpt(model))
    return this.#source.routes.get(model) ?? this.#directRoute(model) ?? this.#unknown(model, may)
  }

  /**
   * The targets of a route whose vendors serve the operation, best first, each once; there may be none. Throws InvalidRequest where
   * the call has the member that affinity goes by twice.
   */
  order(route: Route, context: OrderContext): readonly Target[] {
    const { operation } = context.envelope
    const serves = ({ vendor }: Target) => endpointFor(vendor.provider, operation) !== undefined
    const able = route.targets.every(serves) ? route : { ...route, targets: route.targets.filter(serves) }
    return able.targets.length < 2 ? able.targets : orderOf(able, context, Math.random)
  }

  #names(model: string): boolean {
    return this.#source.routes.has(model) || this.#source.vendors.has(model.split('/', 1)[0] as string)
  }

  #directRoute(name: string): Route | undefined {
    const known = this.#direct.get(name)
    if (known !== undefined) {
      // Least recently used first: that one is dropped next.
      this.#direct.delete(name)
      this.#direct.set(name, known)
      return known
    }
    const slash = name.indexOf('/')
    const vendor = slash > 0 ? this.#source.vendors.get(name.slice(0, slash)) : undefined
    if (vendor === undefined || slash + 1 === name.length) return undefined
    const model = safeModelPath(name.slice(slash + 1))
    const settings = { model, weight: 1, configured: this.configured.has(`${vendor.name}/${model}`) }
    const target = createTarget(vendor, settings, this.#state)
    const route: Route = { name, strategy: 'priority', targets: [target], attempts: DIRECT_ATTEMPTS }
    this.#store(name, route)
    return route
  }

  #store(name: string, route: Route): void {
    this.#direct.set(name, route)
    if (this.#direct.size <= MOST_DIRECT_ROUTES) return
    const [oldest, dropped] = this.#direct.entries().next().value as [string, Route]
    this.#direct.delete(oldest)
    for (const target of dropped.targets) {
      if (target.configured) continue
      for (const { key } of target.candidates) this.#state.drop(idWithKey(target.id, key.index))
      this.#state.dropTarget(target.id)
    }
  }

  #unknown(model: string, may: (model: string) => boolean): never {
    const names = [...this.#source.routes.keys()].filter(may)
    const vendors = [...this.#source.vendors.keys()].map(name => `${name}/MODEL`).filter(may)
    const known = [...names, ...vendors].slice(0, 10).join(', ')
    const hint = didYouMean(model, names) || (known === '' ? '.' : `. Known names: ${known}.`)
    throw ModelUnknown({ param: 'model' }, excerpt(model), hint)
  }
}

/** The models that providers have built in, by `provider/model`. */
function modelsOf(vendors: ReadonlyMap<string, Vendor>): string[] {
  return [...vendors.values()].flatMap(({ name, provider: { models = [] } }) => models.map(model => `${name}/${model}`))
}
