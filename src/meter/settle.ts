import type { Usage } from '../call/result.ts'
import { getOrCreate } from '../get-or-create.ts'
import type { Labels } from './labels.ts'
import type { Meters } from './metrics.ts'
import type { AttemptRecord, CallRecord, QueueRecord } from './record.ts'

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

/** The metric children of one route. */
interface EndpointMeters {
  readonly latency: Timer
  readonly byStatus: Map<number, Count>
}

/** The metric children of one provider x model. */
interface TargetMeters {
  readonly byOutcome: Map<string, AttemptMeters>
  readonly answer: AnswerMeters
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
  readonly #attemptCount: Count
  readonly #waits = new Map<string, Timer>()
  readonly #lookups = new Map<string, Count>()
  readonly #endpoints = new Map<string, EndpointMeters>()
  readonly #providers = new Map<string, Map<string, TargetMeters>>()

  constructor(meters: Meters) {
    this.#meters = meters
    this.#overhead = meters.overhead.labels({})
    this.#attemptCount = meters.attempts.labels({})
  }

  /** `status` is what the client was sent (499 when it left before); `now` on the record's clock, ms. */
  settle(record: CallRecord, status: number, now: number): void {
    const { endpoint, cache } = record
    const { latency, byStatus } = getOrCreate(this.#endpoints, endpoint, () => ({
      latency: this.#meters.latency.labels({ endpoint }),
      byStatus: new Map(),
    }))
    getOrCreate(byStatus, status, () => this.#meters.requests.labels({ endpoint, status })).inc()
    latency.observe((now - record.startedAt) / 1000)
    if (record.queue !== undefined) this.#queue(record.queue)
    if (cache !== undefined) getOrCreate(this.#lookups, cache, () => this.#meters.cache.labels({ result: cache })).inc()
    if (record.replayed) this.#meters.replays.inc()
    // Only models of the config can be degraded, so the client's word is one of their names.
    for (const step of record.degraded) this.#meters.degraded.inc({ model: record.model ?? '', step })
    if (record.attempts.length === 0) return
    this.#overhead.observe(record.overhead(record.firstContentAt ?? now) / 1000)
    this.#attemptCount.inc(record.attempts.length)
    if (record.attempts.length > 1) this.#further(record)
    if (record.retryUnpaid) this.#meters.retriesUnpaid.inc()
    const { answeredBy } = record
    for (const attempt of record.attempts) {
      this.#attempt(attempt, now)
      const wasted = attempt === answeredBy && attempt.failure !== undefined ? record.usage : attempt.wasted
      if (wasted !== undefined) this.#waste(attempt, wasted)
    }
    if (answeredBy !== undefined && answeredBy.failure === undefined) this.#answer(record, answeredBy, now)
  }

  /** Forgets all time series but these, here and in the metrics: one that is counted again begins at 0. */
  retain(isWanted: (labels: Labels) => boolean): void {
    for (const meter of Object.values(this.#meters)) meter.retain(isWanted)
    // What is still wanted of them is looked up again.
    this.#waits.clear()
    this.#providers.clear()
  }

  /** Attempts beyond the first. */
  #further({ attempts }: CallRecord): void {
    const hedges = attempts.filter(attempt => attempt.hedge)
    this.#meters.retries.inc({}, attempts.length - 1 - hedges.length)
    for (const { failure } of hedges) this.#meters.hedges.inc({ outcome: failure ?? 'ok' })
  }

  #queue({ model, outcome, waitedMs }: QueueRecord): void {
    const make = () => this.#meters.queueWait.labels({ model, outcome })
    getOrCreate(this.#waits, `${outcome} ${model}`, make).observe(waitedMs / 1000)
  }

  #attempt(attempt: AttemptRecord, now: number): void {
    const { provider, model, failure, startedAt } = attempt
    const outcome = failure ?? 'ok'
    const meters = getOrCreate(this.#target(attempt).byOutcome, outcome, () => {
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

  #waste({ provider, model }: AttemptRecord, { input, output, estimated = false }: Usage): void {
    const labels = { provider, model, estimated: String(estimated) }
    this.#meters.wastedTokens.inc({ ...labels, type: 'input' }, input)
    this.#meters.wastedTokens.inc({ ...labels, type: 'output' }, output)
  }

  #answer(record: CallRecord, answeredBy: AttemptRecord, now: number): void {
    if (record.attempts.some(attempt => attempt.target !== answeredBy.target)) this.#meters.fallbacks.inc()
    const meters = this.#target(answeredBy).answer
    meters.duration.observe((now - record.startedAt) / 1000)
    if (record.stream && record.firstContentAt !== undefined) {
      meters.firstToken.observe((record.firstContentAt - record.startedAt) / 1000)
    }
    if (record.usage !== undefined) observeTokens(meters, record.usage)
  }

  #target(attempt: AttemptRecord): TargetMeters {
    const models = getOrCreate(this.#providers, attempt.provider, () => new Map<string, TargetMeters>())
    return getOrCreate(models, attempt.model, () => ({ byOutcome: new Map(), answer: this.#answerMeters(attempt) }))
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
