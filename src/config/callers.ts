import { hash, timingSafeEqual } from 'node:crypto'
import { type CallerRule, callerRules } from './caller-rules.ts'
import type { CallerConfig, Config } from './config.ts'

/** Who calls. */
export interface Caller {
  readonly name: string
  /** Place in the config: the label of metrics. */
  readonly index: number
  /** A limit on requests with its bucket: `burst` requests at once, `requestsPerMinute` in the long run. */
  readonly limit: { readonly requestsPerMinute: number; readonly burst: number } | undefined
  /** Limits that need the model or the size of a request; undefined where there are none. */
  readonly rules: readonly CallerRule[] | undefined
  /** In a queue: whose turn it is, and its weight beside others of the same priority. */
  readonly priority: 'interactive' | 'batch'
  readonly share: number
  readonly disabled: boolean
  /** Ms since 1970. */
  readonly expires: number | undefined
  /** The caller may use the model of this name (as clients write it). */
  may(model: string): boolean
}

/** Which models a caller may use: all of them while the gateway is open, and nobody is named. */
export function mayUse(caller: Caller | undefined): (model: string) => boolean {
  return model => caller === undefined || caller.may(model)
}

/** The callers of a snapshot, found by the key that they show. */
export class Callers {
  readonly #byDigest = new Map<string, { caller: Caller; digest: Buffer }>()
  /** Keys that were right once, at most one a caller: hashing each time would cost more than any other stage but the wire. */
  readonly #shown = new Map<string, Caller>()

  constructor(keys: Config['keys']) {
    for (const [index, config] of keys.entries()) {
      this.#byDigest.set(config.digest, { caller: callerOf(config, index), digest: Buffer.from(config.digest, 'hex') })
    }
  }

  /** Without callers the gateway is open. */
  get open(): boolean {
    return this.#byDigest.size === 0
  }

  /** A key that was not right before is looked up by its digest, so that the time it takes says nothing about any key. */
  find(key: string): Caller | undefined {
    const known = this.#shown.get(key)
    if (known !== undefined) return known
    const hex = hash('sha256', key)
    const entry = this.#byDigest.get(hex)
    if (entry === undefined || !timingSafeEqual(entry.digest, Buffer.from(hex, 'hex'))) return undefined
    this.#shown.set(key, entry.caller)
    return entry.caller
  }
}

function callerOf(config: CallerConfig, index: number): Caller {
  const { name, models, limits, priority, share, disabled, expires } = config
  const allowed = models?.map(modelPattern)
  return {
    name,
    index,
    limit: requestLimit(limits),
    rules: callerRules(config, modelPattern),
    priority,
    share,
    disabled,
    expires,
    may: model => allowed === undefined || allowed.some(expression => expression.test(model)),
  }
}

function requestLimit(limits: CallerConfig['limits']): Caller['limit'] {
  if (limits?.requestsPerMinute === undefined) return undefined
  const { requestsPerMinute, burst = requestsPerMinute } = limits
  return { requestsPerMinute, burst }
}

/** What `keys[].models` holds, `openai/*` and the like: a star stands for anything; letter case counts. */
export function modelPattern(text: string): RegExp {
  const escaped = text.split('*').map(part => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${escaped.join('.*')}$`)
}
