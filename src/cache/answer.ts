/** A complete answer as it is sent to clients: a stream as the bytes of its events. */
export interface KeptAnswer extends AnswerHead {
  readonly body: Buffer
  /** The cache key of its request. */
  readonly requestKey: string
}

/** Status and headers of an answer, without those of a single request. */
export interface AnswerHead {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
}

/** Our headers that describe a single request. */
const OF_ONE_REQUEST = new Set([
  'x-sluice-attempts',
  'x-sluice-cache',
  'x-sluice-failed',
  'x-sluice-idempotent',
  'x-sluice-limits',
  'x-sluice-overhead-ms',
  'x-sluice-queued-ms',
])

const OF_THE_ANSWER = new Set(['content-type', 'cache-control', 'x-accel-buffering', 'retry-after', 'retry-after-ms'])

interface Reply {
  readonly statusCode: number
  getHeaders(): Readonly<Record<string, unknown>>
}

/** The head of a reply, without what concerns its own request only. */
export function headOf(reply: Reply): AnswerHead {
  const shared = Object.entries(reply.getHeaders()).filter(([name]) => isShared(name))
  return { status: reply.statusCode, headers: Object.fromEntries(shared.map(([name, value]) => [name, String(value)])) }
}

function isShared(name: string): boolean {
  return OF_THE_ANSWER.has(name) || (name.startsWith('x-sluice-') && !OF_ONE_REQUEST.has(name))
}

/** Not cacheable: answers of a degraded model, and those that ended in a filter or a refusal. */
export function isCacheable({ headers }: AnswerHead, finish: string | undefined): boolean {
  return headers['x-sluice-degraded'] === undefined && finish !== 'content-filter' && finish !== 'refusal'
}
