import { isObject, type Json } from '../call/json.ts'
import { isSafeModelPath } from '../providers/model-path.ts'
import { parseAnswer } from '../relay/whole.ts'
import { checkOf } from './health/health-check.ts'
import type { Vendor } from './target.ts'

/** Of one request for the list, ms: a client waits for the first one. */
const TIMEOUT = 3_000
/** Listed of one vendor: some resell thousands. */
const MOST_MODELS = 1_000

interface Entry {
  names: readonly string[]
  /** When it was last requested, ms on the monotonic clock. */
  requestedAt: number
  /** Settles when the request in flight has ended; never rejects. */
  refreshing: Promise<void> | undefined
}

/**
 * The models that vendors list. A list is requested when it is first needed, and the first reader waits for it; later readers get
 * the list as it is known while it is refreshed. A vendor that does not answer keeps its last list.
 */
export class VendorModels {
  readonly #entries = new WeakMap<Vendor, Entry>()

  /** The names of a vendor's models, empty while there is no list. `ttl` and `now` in ms. */
  async of(vendor: Vendor, ttl: number, now: number): Promise<readonly string[]> {
    const known = this.#entries.get(vendor)
    const entry = known ?? { names: [], requestedAt: -Infinity, refreshing: undefined }
    this.#entries.set(vendor, entry)
    if (entry.refreshing === undefined && now - entry.requestedAt >= ttl) {
      entry.requestedAt = now
      entry.refreshing = refresh(entry, vendor).finally(() => {
        entry.refreshing = undefined
      })
    }
    if (entry.names.length === 0) await entry.refreshing
    return entry.names
  }
}

async function refresh(entry: Entry, vendor: Vendor): Promise<void> {
  try {
    const [key] = vendor.keys
    if (key === undefined) return
    const exchange = await checkOf(vendor, key, TIMEOUT, vendor.provider.modelListQuery)
    exchange.start()
    const outcome = await exchange.outcome
    if (outcome.type === 'stream') outcome.body.abort()
    if (outcome.type !== 'whole' || outcome.status !== 200) return
    const names = readNames(parseAnswer(outcome.body))
    if (names.length > 0) entry.names = names
  } catch {
    // A page that is no JSON, or a key that cannot sign: the list stays as it is.
  }
}

/** The names in a list of OpenAI's or Anthropic's form (`data[].id`), or Gemini's (`models[].name`), that can be requested. */
export function readNames(json: Json): readonly string[] {
  if (!isObject(json)) return []
  const items = json.data ?? json.models
  if (!Array.isArray(items)) return []
  const names = items.map(nameOf).filter(name => name !== undefined && isSafeModelPath(name))
  return names.slice(0, MOST_MODELS) as string[]
}

function nameOf(item: Json): string | undefined {
  if (!isObject(item)) return undefined
  const name = item.id ?? item.name
  return typeof name === 'string' ? name.replace(/^models\//, '') : undefined
}
