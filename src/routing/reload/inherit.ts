import type { Config, ProviderConfig } from '../../config/config.ts'
import { Pool } from '../../upstream/pool.ts'
import { Cooldown } from '../breaker/cooldown.ts'
import { idWithKey } from '../create-target.ts'
import type { Planner, PlanSource } from '../plan.ts'
import type { RoutingState } from '../routing-state.ts'
import type { Vendor, VendorKey } from '../target.ts'

/** Where a provider is reached. */
export type Address = Pick<Vendor, 'provider' | 'origin' | 'basePath'>

/** The part of a snapshot that is inherited from. */
interface Source extends PlanSource {
  readonly config: Config
  readonly planner: Planner
}

/** What a snapshot inherits from the one before it, for providers whose address is the same. */
export class Inheritance {
  readonly #before: Source | undefined
  readonly #config: Config
  readonly #addresses: ReadonlyMap<string, Address>

  /** `before` is absent for the first one; `config` and `addresses` are those of the next one. */
  constructor(before: Source | undefined, config: Config, addresses: ReadonlyMap<string, Address>) {
    this.#before = before
    this.#config = config
    this.#addresses = addresses
  }

  /** Drops the state of providers that were removed or moved to another address, and of keys that were replaced. */
  forget(state: RoutingState): void {
    if (this.#before === undefined) return
    state.retain(stateIds(this.#before, vendor => this.#keptKeys(vendor)))
  }

  /** The same pool where the settings of its connections are the same. */
  pool(name: string): Pool {
    const { connections, timeouts } = this.#config.providers[name] as ProviderConfig
    const settings = { connections, connectTimeout: timeouts.connect }
    const pool = this.#vendor(name)?.pool
    return pool?.opensLike(settings) ? pool : new Pool(settings)
  }

  /** A key keeps its cooldown, whatever its index. */
  keys(name: string): VendorKey[] {
    const known = this.#vendor(name)?.keys ?? []
    return secretsOf(this.#config.providers[name] as ProviderConfig).map((secret, index) => ({
      index,
      secret,
      cooldown: known.find(key => key.secret === secret)?.cooldown ?? new Cooldown(),
    }))
  }

  #keptKeys({ name }: Vendor): readonly VendorKey[] | undefined {
    const vendor = this.#vendor(name)
    if (vendor === undefined) return undefined
    const secrets = secretsOf(this.#config.providers[name] as ProviderConfig)
    return vendor.keys.filter(({ index, secret }) => index < secrets.length && secrets[index] === secret)
  }

  #vendor(name: string): Vendor | undefined {
    const vendor = this.#before?.vendors.get(name)
    const address = this.#addresses.get(name)
    const same =
      vendor?.origin === address?.origin &&
      vendor?.basePath === address?.basePath &&
      this.#before?.config.providers[name]?.type === this.#config.providers[name]?.type
    return same ? vendor : undefined
  }
}

function secretsOf({ apiKeys }: ProviderConfig): readonly (string | undefined)[] {
  return apiKeys.length === 0 ? [undefined] : apiKeys
}

/** The keys of a vendor that count; undefined where the vendor does not count at all. */
type KeysOf = (vendor: Vendor) => readonly VendorKey[] | undefined

/** The ids under which RoutingState keeps what a snapshot uses, or the part of it that `keysOf` selects. */
export function stateIds({ planner, vendors, routes }: Source, keysOf: KeysOf = ({ keys }) => keys): Set<string> {
  const ids = new Set<string>(routes.keys())
  for (const vendor of vendors.values()) addIds(ids, vendor.name, keysOf(vendor))
  for (const { id, vendor } of planner.everyTarget) addIds(ids, id, keysOf(vendor))
  return ids
}

/** The id of a vendor or of one of its targets, alone and with each key. */
function addIds(ids: Set<string>, id: string, keys: readonly VendorKey[] | undefined): void {
  if (keys === undefined) return
  ids.add(id)
  for (const { index } of keys) ids.add(idWithKey(id, index))
}
