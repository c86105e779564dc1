import type * as Prometheus from '@prometheus-io/client'
import { FastHistogram } from './fast-histogram.ts'
import { type Aggregator, FastScalar } from './fast-scalar.ts'

export interface MetricDefinition {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels: readonly string[]
  readonly buckets?: readonly number[]
  /** What several workers make of it together; their sum unless set. */
  readonly aggregator?: Aggregator
}

/** From a quick cached answer to the longest that is waited for, seconds. */
const LATENCY = [0.005, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 2, 5, 10, 30, 60, 120, 300]
/** The gateway's own share: half a millisecond is normal, 20 ms too much. */
const OVERHEAD = [0.00025, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5]
/** As the OpenTelemetry GenAI semantic conventions advise. */
const GEN_AI_DURATION = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]
const GEN_AI_FIRST_TOKEN = [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
const GEN_AI_TOKENS = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864]

const TARGET = ['provider', 'model', 'outcome'] as const
const GEN_AI = ['gen_ai_provider_name', 'gen_ai_request_model'] as const

/** Every metric of the gateway's own; docs/metrics.md is held to this table. Label values come from the config, never raw from a client. */
export const METRICS = {
  requests: {
    name: 'api_requests_total',
    type: 'counter',
    help: 'Client requests by route and status.',
    labels: ['endpoint', 'status'],
  },
  latency: {
    name: 'api_latency_seconds',
    type: 'histogram',
    help: 'Time from a request to the end of its answer.',
    labels: ['endpoint'],
    buckets: LATENCY,
  },
  overhead: {
    name: 'sluice_overhead_seconds',
    type: 'histogram',
    help: "The gateway's own share of the time to the first byte of the answer.",
    labels: [],
    buckets: OVERHEAD,
  },
  inflight: { name: 'sluice_inflight', type: 'gauge', help: 'Client requests that are being answered.', labels: [] },
  upstreamRequests: {
    name: 'sluice_upstream_requests_total',
    type: 'counter',
    help: 'Upstream attempts by how they ended.',
    labels: TARGET,
  },
  upstreamLatency: {
    name: 'sluice_upstream_latency_seconds',
    type: 'histogram',
    help: 'Upstream attempts from start to end.',
    labels: TARGET,
    buckets: LATENCY,
  },
  upstreamFirstByte: {
    name: 'sluice_upstream_time_to_first_byte_seconds',
    type: 'histogram',
    help: 'Upstream attempts until the head of the answer.',
    labels: TARGET,
    buckets: LATENCY,
  },
  attempts: { name: 'sluice_attempts_total', type: 'counter', help: 'Upstream attempts.', labels: [] },
  retries: {
    name: 'sluice_retries_total',
    type: 'counter',
    help: 'Upstream attempts that followed a failed one.',
    labels: [],
  },
  retriesUnpaid: {
    name: 'sluice_retries_unpaid_total',
    type: 'counter',
    help: 'Failures after which the retry budget allowed no further attempt.',
    labels: [],
  },
  hedges: {
    name: 'sluice_hedges_total',
    type: 'counter',
    help: 'Second attempts beside one that was slow, by how they ended.',
    labels: ['outcome'],
  },
  fallbacks: {
    name: 'sluice_fallbacks_total',
    type: 'counter',
    help: 'Client requests that another than their first target answered.',
    labels: [],
  },
  degraded: {
    name: 'sluice_degraded_total',
    type: 'counter',
    help: 'Answers that were less than was asked for, by the step or model that made them so.',
    labels: ['model', 'step'],
  },
  breakerState: {
    name: 'sluice_breaker_state',
    type: 'gauge',
    help: '0 closed, 1 half-open, 2 open.',
    labels: ['provider', 'model', 'key'],
    aggregator: 'max',
  },
  targetHealth: {
    name: 'sluice_target_health',
    type: 'gauge',
    help: '1 healthy, 0 not, as the active checks of its provider say; only where it has some.',
    labels: ['provider', 'model'],
    aggregator: 'min',
  },
  healthChecks: {
    name: 'sluice_health_checks_total',
    type: 'counter',
    help: 'Active health checks by what they found.',
    labels: ['provider', 'outcome'],
  },
  healthCheckTokens: {
    name: 'sluice_health_check_tokens_total',
    type: 'counter',
    help: 'Tokens that vendors bill for active health checks; none unless the config asks for prompts.',
    labels: ['provider', 'model', 'type', 'estimated'],
  },
  quotaRemaining: {
    name: 'sluice_target_quota_remaining',
    type: 'gauge',
    help: 'What is left of a limit of the vendor, as its answers say; absent where they do not.',
    labels: ['provider', 'model', 'key', 'limit'],
    // Of the vendor's one count each worker knows what its own answers said.
    aggregator: 'min',
  },
  concurrencyLimit: {
    name: 'sluice_target_concurrency_limit',
    type: 'gauge',
    help: 'Calls that may be under way at a time; absent without a limit.',
    labels: ['provider', 'model', 'key'],
  },
  keyRefused: {
    name: 'sluice_upstream_key_refused_total',
    type: 'counter',
    help: "Answers in which a provider refused the gateway's own key: somebody must mend it.",
    labels: ['provider', 'key'],
  },
  limited: {
    name: 'sluice_ratelimited_total',
    type: 'counter',
    help: 'Client requests that were refused by a limit.',
    labels: ['limit'],
  },
  queueDepth: {
    name: 'sluice_queue_depth',
    type: 'gauge',
    help: 'Client requests that wait for room at the targets of a model.',
    labels: ['model'],
  },
  queueWait: {
    name: 'sluice_queue_wait_seconds',
    type: 'histogram',
    help: 'Time that client requests waited for room, by how it ended.',
    labels: ['model', 'outcome'],
    buckets: LATENCY,
  },
  cache: { name: 'sluice_cache_total', type: 'counter', help: 'Look-ups in the cache.', labels: ['result'] },
  replays: {
    name: 'sluice_idempotent_replays_total',
    type: 'counter',
    help: 'Client requests answered with the outcome of an earlier one of the same idempotency key.',
    labels: [],
  },
  limitsShared: {
    name: 'sluice_limits_shared',
    type: 'gauge',
    help: '1 while limits are counted in Redis, 0 while they are counted here.',
    labels: [],
    aggregator: 'min',
  },
  configReloads: {
    name: 'sluice_config_reloads_total',
    type: 'counter',
    help: 'Times that the configuration was read again, by what came of it.',
    labels: ['result'],
  },
  logDropped: {
    name: 'sluice_log_lines_dropped_total',
    type: 'counter',
    help: 'Lines of the log that nobody took.',
    labels: [],
  },
  eventLoopUtilization: {
    name: 'sluice_event_loop_utilization',
    type: 'gauge',
    help: 'Share of the time since the last scrape in which the event loop was busy.',
    labels: [],
    // The one that has no room left is the one to know of.
    aggregator: 'max',
  },
  workers: { name: 'sluice_workers', type: 'gauge', help: 'Processes that answer calls.', labels: [] },
  workerRestarts: {
    name: 'sluice_worker_restarts_total',
    type: 'counter',
    help: 'Workers that were started in the place of one that had ended.',
    labels: [],
  },
  tokens: {
    name: 'gen_ai_client_token_usage',
    type: 'histogram',
    help: 'Tokens of an answer.',
    labels: [...GEN_AI, 'gen_ai_token_type'],
    buckets: GEN_AI_TOKENS,
  },
  wastedTokens: {
    name: 'sluice_wasted_tokens_total',
    type: 'counter',
    help: 'Tokens that vendors may bill though no client was given the answer, or not all of it.',
    labels: ['provider', 'model', 'type', 'estimated'],
  },
  genAiDuration: {
    name: 'gen_ai_server_request_duration_seconds',
    type: 'histogram',
    help: 'Duration of an answer.',
    labels: GEN_AI,
    buckets: GEN_AI_DURATION,
  },
  genAiFirstToken: {
    name: 'gen_ai_server_time_to_first_token_seconds',
    type: 'histogram',
    help: 'Time to the first content of a streamed answer.',
    labels: GEN_AI,
    buckets: GEN_AI_FIRST_TOKEN,
  },
} as const satisfies Record<string, MetricDefinition>

type Definitions = typeof METRICS
type MetricOf<T> = T extends 'histogram' ? FastHistogram : FastScalar

/** The metrics themselves, by their names in the table. */
export type Meters = { readonly [Key in keyof Definitions]: MetricOf<Definitions[Key]['type']> }

/** Sets a gauge when it is asked for, where following every change would cost more. */
export type Collectors = { readonly [Key in keyof Definitions]?: (gauge: FastScalar) => void }

/** Registers every metric of the table in `registry`. */
export function createMeters(registry: Prometheus.Registry, collectors: Collectors = {}): Meters {
  const entries = Object.entries<MetricDefinition>(METRICS).map(([key, definition]) => [
    key,
    create(registry, definition, collectors[key as keyof Definitions]),
  ])
  return Object.fromEntries(entries) as Meters
}

function create(registry: Prometheus.Registry, definition: MetricDefinition, collect: Collectors[keyof Definitions]) {
  const { name, help, type, labels, buckets, aggregator } = definition
  return type === 'histogram'
    ? new FastHistogram(name, help, buckets ?? LATENCY, registry)
    : new FastScalar({ type, name, help, labelNames: labels, collect, aggregator }, registry)
}
