import { hash } from 'node:crypto'
import { z } from 'zod'
import {
  baseUrl,
  boolean,
  date,
  duration,
  headerName,
  modelName,
  name,
  number,
  percentileOrDuration,
  port,
  proxy,
  redisUrl,
  secret,
  size,
  strongKey,
  text,
  wholeNumber,
} from './scalars.ts'

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

const listen = z.strictObject({
  host: text().default('127.0.0.1').describe('Address of the API listener. Off loopback, `keys` are required.'),
  port: port().prefault(8080).describe('Port of the API listener; 0 takes a free one.'),
  bodyLimit: size().prefault('32MiB').describe('Largest request body.'),
  trustedProxies: z
    .array(proxy())
    .default([])
    .describe(
      'Proxies whose `x-forwarded-for` is believed: addresses, ranges, or `loopback`, `linklocal`, `uniquelocal`.',
    ),
  drain: duration(0).prefault('30s').describe('How long open streams may finish when the process is told to stop.'),
})

const ops = z.strictObject({
  host: text().default('127.0.0.1').describe('Address of the ops listener. Off loopback, `ops.key` is required.'),
  port: port().prefault(8081).describe('Port of the ops listener; 0 takes a free one.'),
  key: strongKey().optional().describe('What callers of the ops listener must show.'),
})

const log = z.strictObject({
  level: z.enum(LOG_LEVELS).default('info').describe('Least severe lines that are written.'),
})

/** Long answers are normal: a stream may take 20 minutes, and a call without a stream 8 minutes to its first byte. */
const timeouts = z.strictObject({
  connect: duration().prefault('5s').describe('To a connection with the vendor.'),
  firstByte: duration().prefault('60s').describe('Streams: to the first event.'),
  idle: duration().prefault('60s').describe('Streams: the longest silence between two pieces.'),
  total: duration().prefault('30m').describe('The whole answer, with or without a stream.'),
})

const breaker = z.strictObject({
  window: duration().prefault('30s').describe('How far back outcomes count.'),
  minimumCalls: wholeNumber(1).prefault(10).describe('Fewer outcomes than this in the window never open it.'),
  errorRate: number(0.01, 1).prefault(0.5).describe('Share of failures, up to 1, that opens it.'),
  slowerThan: duration()
    .optional()
    .describe(
      'A call is slow if the first content of its stream, or the end of an answer without one, takes longer; none is unless set.',
    ),
  slowRate: number(0.01, 1).prefault(0.8).describe('Share of slow calls, up to 1, that opens it.'),
  openFor: duration()
    .prefault('15s')
    .describe('How long it stays open before a call is tried; up to a fifth less, at random.'),
  maxOpenFor: duration()
    .prefault('5m')
    .describe('Each opening is twice as long as the one before, up to this; time in health takes it back.'),
  probes: wholeNumber(1).prefault(1).describe('Calls tried at a time while half open.'),
  closeAfter: wholeNumber(1).prefault(2).describe('Successes in a row that close it.'),
})

const health = z.strictObject({
  interval: duration().prefault('10s').describe('From one check to the next.'),
  timeout: duration().prefault('2s').describe('How long a check may take.'),
  unhealthyAfter: wholeNumber(1).prefault(3).describe('Failed checks in a row that take its targets out.'),
  healthyAfter: wholeNumber(1).prefault(2).describe('Good checks in a row that bring them back.'),
  whenAllUnhealthy: z
    .enum(['use-all', 'refuse'])
    .default('use-all')
    .describe(
      'Where no target of a model is well: ask its targets all the same, since the checks may be what is broken, or not.',
    ),
})

const outage = z.strictObject({
  after: duration(0).describe('When the outage begins, counted from the start of the process.'),
  for: duration().describe('How long it lasts.'),
  every: duration().optional().describe('How often it comes back; once unless set.'),
})

const sim = z.strictObject({
  latency: duration(0).prefault('300ms').describe('To the first byte.'),
  jitter: duration(0).prefault('100ms').describe('Up to this much more, at random.'),
  tokensPerSecond: number(0.001, 1_000_000).prefault(50).describe('Speed of a stream.'),
  errorRate: number(0, 1).prefault(0).describe('Share of calls that fail, from 0 to 1.'),
  requestsPerSecond: number(0.001).optional().describe('Calls beyond this are answered with 429; no limit unless set.'),
  outages: z.array(outage).default([]).describe('Spans of time in which every call fails.'),
  seed: wholeNumber(0, 2 ** 32 - 1)
    .prefault(1)
    .describe('The same seed gives the same latencies and failures.'),
})

/** How a provider of type `sim` behaves that says nothing about it. */
export const SIM_DEFAULTS = sim.parse({})

const provider = z
  .strictObject({
    type: text().optional().describe('The vendor, or the API that it speaks; the name of the provider unless set.'),
    baseUrl: baseUrl()
      .optional()
      .describe("Where the vendor answers, with or without /v1; the vendor's public address unless set."),
    apiKey: secret().optional().describe('The key for the vendor; empty means none.'),
    apiKeys: z
      .array(secret())
      .min(1)
      .optional()
      .describe('Several keys instead of one, each with its own breaker; empty ones are left out.'),
    timeouts: timeouts.prefault({}).describe('How long to wait for what.'),
    connections: wholeNumber(1, 65_535).prefault(256).describe('Most connections to the vendor, opened when needed.'),
    breaker: breaker.prefault({}).describe('When to leave a failing target alone.'),
    health: health
      .optional()
      .describe('Ask the vendor for its list of models, again and again, to see whether it answers; off unless set.'),
    dialect: z
      .enum(['openai-chat', 'anthropic'])
      .optional()
      .describe('Only for type `sim`: the wire format it speaks, `openai-chat` unless set.'),
    sim: sim.optional().describe('Only for type `sim`: how the simulated vendor behaves.'),
  })
  .transform(({ apiKey, apiKeys, ...rest }) => ({
    ...rest,
    apiKeys: [...(apiKey === undefined ? [] : [apiKey]), ...(apiKeys ?? [])].filter(key => key !== ''),
  }))

const price = z.strictObject({
  input: number(0).describe('USD for a million input tokens.'),
  output: number(0).describe('USD for a million output tokens.'),
})

const target = z.strictObject({
  provider: text().describe('A name under `providers`.'),
  model: modelName().describe("The vendor's name of the model."),
  weight: number(0, 1_000_000)
    .prefault(1)
    .describe('Share of the calls, or of the sessions with `affinity`; 0: only where no other can answer.'),
  price: price.optional().describe('What the vendor charges, for strategy `cheapest`; unknown counts as dearest.'),
})

const affinity = z.strictObject({
  by: z
    .enum(['header', 'user', 'prefix'])
    .describe(
      'What the calls have in common: a header, the `user` (Anthropic: `metadata.user_id`), or the beginning of the prompt, which vendors cache.',
    ),
  header: headerName().default('x-session-id').describe('Which header, for `by: header`.'),
  prefix: size()
    .prefault('1KiB')
    .describe(
      'How much of the prompt, for `by: prefix`: more than what all prompts share. Shorter prompts go where the strategy says.',
    ),
})

const model = z.strictObject({
  strategy: z
    .enum(['weighted', 'least-latency', 'least-busy', 'cheapest', 'priority'])
    .default('weighted')
    .describe(
      'Who is asked first of those that can answer. `weighted`: each in turn by weight; `least-latency`: the fastest lately; `least-busy`: the one with fewest calls for its weight; `cheapest`: the lowest price, at three input tokens to one of output; `priority`: the first in the list.',
    ),
  targets: z.array(target).min(1).describe('Who may answer.'),
  affinity: affinity
    .optional()
    .describe('Calls that belong together go to the same target while it can answer; off unless set.'),
  attempts: wholeNumber(1, 100).prefault(3).describe('Most upstream attempts for one request.'),
  hedge: z
    .strictObject({
      after: percentileOrDuration()
        .prefault('p95')
        .describe('How long the first target may take to begin: a time, or such a share of its own answers (`p95`).'),
      budget: number(0.001, 1).prefault(0.05).describe('Second attempts, as a share of all first ones.'),
    })
    .optional()
    .describe('Ask a second target when the first is slower than usual; off unless set.'),
  cache: z
    .strictObject({
      ttl: duration().describe('How long an answer is kept.'),
    })
    .optional()
    .describe('Keep answers to equal requests; off unless set.'),
})

const limits = z.strictObject({
  requestsPerMinute: wholeNumber(1).describe('Requests a minute.'),
  burst: wholeNumber(1).optional().describe("Most requests at once; one minute's worth unless set."),
})

const key = z
  .strictObject({
    name: name().describe('Who calls; unique.'),
    key: strongKey().optional().describe('What the caller shows. Only its SHA-256 digest is kept in memory.'),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/i, 'expected the 64 hexadecimal digits of a SHA-256 digest')
      .optional()
      .describe('Instead of `key`: its SHA-256 digest in hexadecimal.'),
    models: z
      .array(text())
      .min(1)
      .optional()
      .describe('Models that the caller may use, such as `chat` or `openai/*`; all unless set.'),
    limits: limits.optional().describe('How much the caller may do; without a limit unless set.'),
    disabled: boolean().prefault(false).describe('Refuse this key.'),
    expires: date().optional().describe('Refuse this key from then on; a bare date is its first moment in UTC.'),
  })
  .transform(({ key, sha256, ...rest }) => ({
    ...rest,
    digest: sha256?.toLowerCase() ?? (key === undefined ? undefined : hash('sha256', key)),
  }))

/** The one source of the type, the validation, the defaults, docs/config.md and sluice.schema.json. Holds only what works. */
export const schema = z.strictObject({
  listen: listen.prefault({}).describe('The API listener.'),
  ops: ops.prefault({}).describe('The ops listener: metrics and administration.'),
  log: log.prefault({}).describe('The log, on standard output.'),
  providers: z.record(name(), provider).describe('The vendors, by names of your choice.'),
  models: z
    .record(modelName(), model)
    .default({})
    .describe('What clients may ask for, beside `provider/model`, which always works.'),
  keys: z.array(key).default([]).describe('The callers. With none the gateway is open, and then only on loopback.'),
  retryBudget: z
    .strictObject({
      ratio: number(0, 10).prefault(0.2).describe('Attempts after failures, as a share of first attempts.'),
      minPerSecond: number(0, 10_000).prefault(1).describe('Attempts after failures that are allowed in any case.'),
    })
    .prefault({})
    .describe('How much load attempts that follow failures may add, for each target, over ten seconds.'),
  state: z
    .strictObject({
      redis: redisUrl().optional().describe('Redis or Valkey, for several gateways; memory unless set.'),
    })
    .transform(({ redis }): { redis?: string } => (redis ? { redis } : {}))
    .prefault({})
    .describe('Where limits are counted.'),
  plugins: z
    .array(text())
    .default([])
    .describe('Your own Fastify plugins, loaded in order; paths are relative to this file.'),
})

/** What the schema puts out, before names are resolved into the Config. */
export type Validated = z.output<typeof schema>
