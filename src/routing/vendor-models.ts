import { isObject, type Json } from '../call/json.ts'
import { isSafeModelPath } from '../providers/model-path.ts'
import { checkOf } from './health/health-check.ts'
import type { Vendor } from './target.ts'

/** A list of models is short work; who waits for the first one has other things to do (ms). */
const TIMEOUT = 3_000
/** Of one vendor: some resell thousands. */
const MOST_MODELS = 1_000

interface Entry {
  names: readonly string[]
  /** When it was last asked for, ms on the monotonic clock. */
  askedAt: number
  /** Settles when the question that is under way has been answered; never rejects. */
  asking: Promise<void> | undefined
}

/**
 * What vendors say that they have. Nobody is asked before somebody wants to know; the first who does waits for it, later ones read
 * what is known while it is asked for anew. A vendor that does not answer keeps its last list.
 */
export class VendorModels {
  readonly #entries = new WeakMap<Vendor, Entry>()

  /** The names of a vendor's models, empty where it never said them. `ttl` and `now` in ms. */
  async of(vendor: Vendor, ttl: number, now: number): Promise<readonly string[]> {
    const known = this.#entries.get(vendor)
    const entry = known ?? { names: [], askedAt: -Infinity, asking: undefined }
    this.#entries.set(vendor, entry)
    if (entry.asking === undefined && now - entry.askedAt >= ttl) {
      entry.askedAt = now
      entry.asking = refresh(entry, vendor).finally(() => {
        entry.asking = undefined
      })
    }
    if (entry.names.length === 0) await entry.asking
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
    const names = readNames(JSON.parse(outcome.body.toString('utf8')) as Json)
    if (names.length > 0) entry.names = names
  } catch {
    // A page that is no JSON, or a key that cannot sign: the list stays as it is.
  }
}

/** From a list of OpenAI's or Anthropic's form (`data[].id`), or Gemini's (`models[].name`): what could be asked for. */
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
