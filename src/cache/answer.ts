/** A complete answer as clients are sent it: a stream as the bytes of its events. */
export interface KeptAnswer extends AnswerHead {
  readonly body: Buffer
  /** The key of what was asked for it. */
  readonly asked: string
}

/** Status and headers of an answer, without those of a single request. */
export interface AnswerHead {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
}

/** Headers of ours that tell what one request went through. */
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

/** The head of a reply as every reader of its answer is sent it. */
export function headOf(reply: Reply): AnswerHead {
  return { status: reply.statusCode, headers: sharedHeaders(reply.getHeaders()) }
}

function sharedHeaders(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => isShared(name))
      .map(([name, value]) => [name, String(value)]),
  )
}

function isShared(name: string): boolean {
  return OF_THE_ANSWER.has(name) || (name.startsWith('x-sluice-') && !OF_ONE_REQUEST.has(name))
}

/** An answer that a degraded model gave, or that a filter or a refusal ended, is nobody's but the one's who asked for it. */
export function isCacheable({ headers }: AnswerHead, finish: string | undefined): boolean {
  return headers['x-sluice-degraded'] === undefined && finish !== 'content-filter' && finish !== 'refusal'
}
