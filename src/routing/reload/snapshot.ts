import { Callers } from '../../config/callers.ts'
import type { Config, ModelConfig, ProviderConfig } from '../../config/config.ts'
import { factsOf } from '../../models/lookup.ts'
import { createProvider } from '../../providers/index.ts'
import { createTarget } from '../create-target.ts'
import { createStandby } from '../degrade/standby.ts'
import { Planner } from '../plan.ts'
import { Queue } from '../queue/queue.ts'
import type { Signal } from '../queue/signal.ts'
import { RetryBudget } from '../retry/retry-budget.ts'
import type { RoutingState } from '../routing-state.ts'
import type { Route, Target, Vendor } from '../target.ts'
import { type Address, Inheritance } from './inherit.ts'
import { RequestCount } from './request-count.ts'

/** What a request works with, fixed for its life: the config, and what was built from it. */
export interface Snapshot {
  readonly config: Config
  readonly callers: Callers
  readonly vendors: ReadonlyMap<string, Vendor>
  /** By the names under `models`. */
  readonly routes: ReadonlyMap<string, Route>
  /** Targets of billed health checks, by the vendor's name. */
  readonly checkTargets: ReadonlyMap<string, Target>
  readonly planner: Planner
  /** The requests that began with it. */
  readonly requests: RequestCount
}

/**
 * Builds a snapshot; opens no connection. `simulators` holds the addresses of the providers that run in this process. What did not
 * change since the snapshot `before` is inherited. Throws, with nothing changed, where a provider's settings are invalid.
 */
export function buildSnapshot(
  config: Config,
  state: RoutingState,
  simulators: ReadonlyMap<string, string>,
  before?: Snapshot,
): Snapshot {
  const addresses = new Map(
    Object.entries(config.providers).map(([name, settings]) => [
      name,
      addressOf(name, settings, simulators.get(name) ?? settings.baseUrl),
    ]),
  )
  const inheritance = new Inheritance(before, config, addresses)
  inheritance.forget(state)
  state.retries = config.retryBudget
  const vendors = new Map(
    [...addresses].map(([name, address]) => [name, vendorOf(name, config, address, inheritance, state)]),
  )
  const routes = new Map(Object.keys(config.models).map(name => [name, routeOf(name, config, vendors, state)]))
  const checkTargets = new Map([...vendors].flatMap(([name, vendor]) => checkTargetOf(name, vendor, state)))
  return {
    config,
    callers: new Callers(config.keys),
    vendors,
    routes,
    checkTargets,
    planner: new Planner({ vendors, routes, checkTargets }, state, before?.planner.directNames),
    requests: new RequestCount(),
  }
}

function addressOf(name: string, settings: ProviderConfig, baseUrl: string | undefined): Address {
  const { type, dialect, askForUsage, apiVersion, project, location, credentials, aws } = settings
  const own = { baseUrl, dialect, askForUsage, apiVersion, project, location, credentials, aws }
  const provider = createProvider(type, { name, ...own })
  const { origin, pathname } = new URL(provider.baseUrl)
  return { provider, origin, basePath: pathname.replace(/\/$/, '') }
}

function vendorOf(
  name: string,
  config: Config,
  address: Address,
  inheritance: Inheritance,
  state: RoutingState,
): Vendor {
  const { timeouts, breaker, health, limits, adaptiveConcurrency } = config.providers[name] as ProviderConfig
  return {
    name,
    ...address,
    keys: inheritance.keys(name),
    pool: inheritance.pool(name),
    timeouts,
    breaker,
    health: health && state.health(name, health),
    limits,
    adaptiveConcurrency,
    facts: model => factsOf(name, model, config.modelFacts),
  }
}

/** The target of a vendor's health checks; none unless the config names a model for them. */
function checkTargetOf(name: string, vendor: Vendor, state: RoutingState): (readonly [string, Target])[] {
  const model = vendor.health?.settings.ask
  return model === undefined ? [] : [[name, createTarget(vendor, { model, weight: 1, configured: true }, state)]]
}

function routeOf(name: string, config: Config, vendors: ReadonlyMap<string, Vendor>, state: RoutingState): Route {
  const model = config.models[name] as ModelConfig
  const { strategy, attempts, strict, retrySameTarget, affinity, hedge, queue, cache } = model
  const targets = model.targets.map(({ provider, ...settings }) =>
    createTarget(vendors.get(provider) as Vendor, { ...settings, configured: true }, state),
  )
  const waiting = queue && new Queue(queue, changesOf(targets), () => performance.now())
  const standby = createStandby({ name, targets, queue: waiting }, config.models, vendors, state)
  return {
    name,
    strategy,
    attempts,
    strict,
    retrySameTarget,
    targets,
    hedge: hedge && { after: hedge.after, budget: new RetryBudget({ ratio: hedge.budget, minPerSecond: 0 }) },
    affinity,
    queue: waiting,
    standby,
    cache,
  }
}

function changesOf(targets: readonly Target[]): Signal[] {
  // Models share the signal of their key.
  return [...new Set(targets.flatMap(({ candidates }) => candidates.flatMap(({ gate }) => gate.changes)))]
}
