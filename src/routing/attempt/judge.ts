import type { Fault, Kind } from '../../call/fault.ts'
import type { Json } from '../../call/json.ts'
import type { Dialect } from '../../dialects/dialect.ts'
import type { Provider } from '../../providers/provider.ts'
import { parseAnswer } from '../../relay/whole.ts'
import { MAX_COOLDOWN_MS } from '../quota/retry-after.ts'

/** Who is to blame for a vendor's refusal. */
interface Blame {
  /** Decides what follows; differs from the fault's own kind where the client is not to blame. */
  readonly kind: Kind
  /** The vendor refuses our key, its permissions or its balance. */
  readonly ourKey: boolean
  /** It refuses the key for all requests; a 403 may concern this one model, or even this one request. */
  readonly wholeKey: boolean
}

/** What a vendor's refusal means for us, and for the client. */
export interface Judgement extends Blame {
  readonly fault: Fault
  /** The retry-after that the body says, ms; at most MAX_COOLDOWN_MS. */
  readonly retryAfterMs: number | undefined
}

/** Statuses with which vendors refuse a key, its rights or its balance. */
const KEY_STATUSES = new Set([401, 402, 403])

/** Reads a vendor's refusal. Never throws: a body that is no JSON is a fault by its status alone. */
export function judge(provider: Provider, dialect: Dialect, answered: number, body: Buffer): Judgement {
  const json = parse(body)
  const fault = dialect.readError(answered, json)
  // By the fault's status, as some vendors report errors with a 200.
  return { fault, retryAfterMs: waitOf(provider, json), ...blameFor(provider, fault.status, json) }
}

/** What an error event at the beginning of a stream means. */
export function judgeEvent(provider: Provider, fault: Fault): Judgement {
  const json = fault.raw?.value
  const { kind, ...blamed } = blameFor(provider, fault.status, json)
  return { fault, retryAfterMs: waitOf(provider, json), ...blamed, kind: blamed.ourKey ? kind : fault.kind }
}

function waitOf(provider: Provider, json: Json | undefined): number | undefined {
  const wait = provider.retryAfter?.(json)
  return wait ? Math.min(wait, MAX_COOLDOWN_MS) : undefined
}

/** Who is to blame for a refusal that no client will read. */
export function blame(provider: Provider, status: number, body: Buffer): Blame {
  return blameFor(provider, status, parse(body))
}

/** The vendor does not have the response that the call goes on from; another one may. */
export function lacksEarlier({ code }: Fault): boolean {
  return code === 'previous_response_not_found'
}

function blameFor(provider: Provider, status: number, json: Json | undefined): Blame {
  const said = provider.classify?.(status, json)
  const kind = said ?? kindOf(status)
  const ourKey = kind === 'unauthorized' || kind === 'forbidden' || kind === 'over-budget'
  const wholeKey = ourKey && status !== 403 && (said !== undefined || status === 401)
  return { kind: ourKey ? 'upstream' : kind, ourKey, wholeKey }
}

/** What an upstream status means by itself. */
export function kindOf(status: number): Kind {
  if (KEY_STATUSES.has(status)) return 'unauthorized'
  if (status === 404) return 'not-found'
  if (status === 408 || status === 504) return 'timeout'
  if (status === 413) return 'too-large'
  if (status === 429) return 'limited'
  if (status === 502 || status === 503 || status === 529) return 'overloaded'
  return status >= 400 && status < 500 ? 'invalid' : 'upstream'
}

function parse(body: Buffer): Json | undefined {
  try {
    return parseAnswer(body)
  } catch {
    return undefined
  }
}
