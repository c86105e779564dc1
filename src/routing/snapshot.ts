import { Callers } from '../config/callers.ts'
import type { Config, ProviderConfig } from '../config/config.ts'
import { createProvider } from '../providers/index.ts'
import { Pool } from '../upstream/pool.ts'
import type { Breakers } from './breakers.ts'
import { Cooldown } from './cooldown.ts'
import { createTarget } from './create-target.ts'
import { Planner } from './plan.ts'
import { RetryBudget } from './retry-budget.ts'
import type { Route, Vendor } from './target.ts'

/** Everything that a request may look at, fixed for its life: the config, and what was built from it. */
export interface Snapshot {
  readonly config: Config
  readonly callers: Callers
  readonly vendors: ReadonlyMap<string, Vendor>
  /** By the names under `models`. */
  readonly routes: ReadonlyMap<string, Route>
  readonly planner: Planner
}

/**
 * Builds a snapshot; opens no connection. `simulators` holds the addresses of the providers that run in this process.
 * Throws where a provider's settings make no sense.
 */
export function buildSnapshot(config: Config, breakers: Breakers, simulators: ReadonlyMap<string, string>): Snapshot {
  breakers.retries = config.retryBudget
  const vendors = new Map<string, Vendor>()
  for (const [name, settings] of Object.entries(config.providers)) {
    vendors.set(name, vendorOf(name, settings, simulators.get(name) ?? settings.baseUrl, breakers))
  }
  const routes = new Map(Object.keys(config.models).map(name => [name, routeOf(name, config, vendors, breakers)]))
  return {
    config,
    callers: new Callers(config.keys),
    vendors,
    routes,
    planner: new Planner({ config, vendors, routes }, breakers),
  }
}

function vendorOf(name: string, settings: ProviderConfig, baseUrl: string | undefined, breakers: Breakers): Vendor {
  const { type, dialect, apiKeys, connections, timeouts, breaker, health } = settings
  const secrets = apiKeys.length === 0 ? [undefined] : apiKeys
  const provider = createProvider(type, {
    name,
    ...(baseUrl !== undefined && { baseUrl }),
    ...(dialect !== undefined && { dialect }),
  })
  const { origin, pathname } = new URL(provider.baseUrl)
  return {
    name,
    provider,
    origin,
    basePath: pathname.replace(/\/$/, ''),
    keys: secrets.map((secret, index) => ({ index, secret, cooldown: new Cooldown() })),
    pool: new Pool({ connections, connectTimeout: timeouts.connect }),
    timeouts,
    breaker,
    health: health && breakers.health(name, health),
  }
}

function routeOf(name: string, config: Config, vendors: ReadonlyMap<string, Vendor>, breakers: Breakers): Route {
  const { strategy, targets, attempts, affinity, hedge } = config.models[name] as Config['models'][string]
  return {
    name,
    strategy,
    attempts,
    ...(hedge !== undefined && {
      hedge: { after: hedge.after, budget: new RetryBudget({ ratio: hedge.budget, minPerSecond: 0 }) },
    }),
    ...(affinity !== undefined && { affinity }),
    targets: targets.map(({ provider, ...settings }) =>
      createTarget(vendors.get(provider) as Vendor, { ...settings, configured: true }, breakers),
    ),
  }
}
