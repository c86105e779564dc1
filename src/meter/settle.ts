import type { Usage } from '../call/result.ts'
import type { Meters } from './metrics.ts'
import type { AttemptRecord, CallRecord } from './record.ts'

interface Timer {
  observe(value: number): void
}
interface Count {
  inc(value?: number): void
}

/** The metric children of one provider x model x outcome, looked up by their labels once. */
interface AttemptMeters {
  readonly requests: Count
  readonly latency: Timer
  readonly firstByte: Timer
}

interface AnswerMeters {
  readonly input: Timer
  readonly output: Timer
  readonly duration: Timer
  readonly firstToken: Timer
}

/** Turns a finished record into metrics. All labels come from the config and from tables, so the children are few and kept. */
export class Settlement {
  readonly #meters: Meters
  readonly #overhead: Timer
  readonly #requests = new Map<string, Count>()
  readonly #latencies = new Map<string, Timer>()
  readonly #lookups = new Map<string, Count>()
  readonly #attempts = new Map<string, AttemptMeters>()
  readonly #answers = new Map<string, AnswerMeters>()

  constructor(meters: Meters) {
    this.#meters = meters
    this.#overhead = meters.overhead.labels({})
  }

  /** `status` is what the client was sent (499 when it left before); `now` on the record's clock, ms. */
  settle(record: CallRecord, status: number, now: number): void {
    const { endpoint, cache } = record
    kept(this.#requests, `${endpoint} ${status}`, () => this.#meters.requests.labels({ endpoint, status })).inc()
    kept(this.#latencies, endpoint, () => this.#meters.latency.labels({ endpoint })).observe(
      (now - record.startedAt) / 1000,
    )
    if (cache !== undefined) kept(this.#lookups, cache, () => this.#meters.cache.labels({ result: cache })).inc()
    if (record.replayed) this.#meters.replays.inc()
    if (record.attempts.length === 0) return
    this.#overhead.observe(record.overhead(record.firstContentAt ?? now) / 1000)
    this.#meters.attempts.inc(record.attempts.length)
    for (const attempt of record.attempts) this.#attempt(attempt, now)
    const last = record.attempts.at(-1)
    if (last !== undefined && last.failure === undefined) this.#answer(record, last, now)
  }

  #attempt(attempt: AttemptRecord, now: number): void {
    const { provider, model, failure, startedAt } = attempt
    const outcome = failure ?? 'ok'
    const meters = kept(this.#attempts, `${provider}/${model} ${outcome}`, () => {
      const labels = { provider, model, outcome }
      return {
        requests: this.#meters.upstreamRequests.labels(labels),
        latency: this.#meters.upstreamLatency.labels(labels),
        firstByte: this.#meters.upstreamFirstByte.labels(labels),
      }
    })
    meters.requests.inc()
    meters.latency.observe(((attempt.endedAt ?? now) - startedAt) / 1000)
    if (attempt.firstByteAt !== undefined) meters.firstByte.observe((attempt.firstByteAt - startedAt) / 1000)
    if (failure === 'unauthorized') this.#meters.keyRefused.inc({ provider, key: attempt.key })
  }

  #answer(record: CallRecord, last: AttemptRecord, now: number): void {
    if (record.attempts.some(attempt => attempt.target !== last.target)) this.#meters.fallbacks.inc()
    const meters = kept(this.#answers, `${last.provider}/${last.model}`, () => this.#answerMeters(last))
    meters.duration.observe((now - record.startedAt) / 1000)
    if (record.stream && record.firstContentAt !== undefined) {
      meters.firstToken.observe((record.firstContentAt - record.startedAt) / 1000)
    }
    if (record.usage !== undefined) observeTokens(meters, record.usage)
  }

  #answerMeters({ provider, model }: AttemptRecord): AnswerMeters {
    const labels = { gen_ai_provider_name: provider, gen_ai_request_model: model }
    return {
      input: this.#meters.tokens.labels({ ...labels, gen_ai_token_type: 'input' }),
      output: this.#meters.tokens.labels({ ...labels, gen_ai_token_type: 'output' }),
      duration: this.#meters.genAiDuration.labels(labels),
      firstToken: this.#meters.genAiFirstToken.labels(labels),
    }
  }
}

function observeTokens(meters: AnswerMeters, usage: Usage): void {
  meters.input.observe(usage.input)
  meters.output.observe(usage.output)
}

function kept<T>(children: Map<string, T>, key: string, make: () => T): T {
  let child = children.get(key)
  if (child === undefined) {
    child = make()
    children.set(key, child)
  }
  return child
}
