import { hash } from 'node:crypto'
import { z } from 'zod'
import { modelKnowledge } from './model-facts-schema.ts'
import { provider } from './provider-schema.ts'
import {
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
  size,
  strongKey,
  text,
  wholeNumber,
} from './scalars.ts'
import { standby } from './standby-schema.ts'
import { responses, state } from './state-schema.ts'

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
  drain: duration(0)
    .prefault('30s')
    .describe(
      'How long open streams may finish when the process is told to stop; new connections are accepted for half of it.',
    ),
})

const ops = z.strictObject({
  host: text().default('127.0.0.1').describe('Address of the ops listener. Off loopback, `ops.key` is required.'),
  port: port().prefault(8081).describe('Port of the ops listener; 0 takes a free one.'),
  key: strongKey().optional().describe('What callers of the ops listener must show.'),
  heapSampling: boolean()
    .prefault(false)
    .describe('Sample the heap from the start; otherwise from the first `GET /debug/pprof/heap` on.'),
})

const log = z.strictObject({
  level: z.enum(LOG_LEVELS).default('info').describe('Least severe lines that are written.'),
})

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
  price: price
    .optional()
    .describe(
      'What the vendor charges, for strategy `cheapest`; what is known of the model unless set, and unknown counts as dearest.',
    ),
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

/** Half of what all kept answers may take. */
const LARGEST_KEPT = '32MiB'

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
  strict: boolean()
    .prefault(false)
    .describe(
      'Refuse a call with a 400 that lists its losses, where no target could be asked all of it; a request may ask for that itself by `x-sluice-strict: true`.',
    ),
  retrySameTarget: boolean()
    .prefault(false)
    .describe(
      'Where there is one target only: ask it again after a failure that may pass, with full jitter between; with `hedge`, also when it is slow.',
    ),
  hedge: z
    .strictObject({
      after: percentileOrDuration()
        .prefault('p95')
        .describe('How long the first target may take to begin: a time, or such a share of its own answers (`p95`).'),
      budget: number(0.001, 1).prefault(0.05).describe('Second attempts, as a share of all first ones.'),
    })
    .optional()
    .describe(
      'Ask a second target when the first is slower than usual; off unless set. A single target is asked twice with `retrySameTarget` only.',
    ),
  cache: z
    .strictObject({
      ttl: duration().describe('How long an answer is kept.'),
      staleIfError: duration(0)
        .prefault('0ms')
        .describe('For how long after that it is still given where no target can answer.'),
      maxSize: size(LARGEST_KEPT)
        .prefault('4MiB')
        .describe('Largest answer that is kept; in Redis, none is larger than 1MiB.'),
    })
    .optional()
    .describe('Keep answers to equal requests, and make one upstream call of equal ones at a time; off unless set.'),
  queue: z
    .strictObject({
      maxWait: duration()
        .prefault('5s')
        .describe('Longest wait of a request; it may ask for less by `x-sluice-max-wait`.'),
      maxDepth: wholeNumber(1, 100_000)
        .prefault(500)
        .describe('Most requests that wait at once; `batch` ones take no place from `interactive` ones.'),
      keepAlive: boolean()
        .prefault(false)
        .describe('Begin a stream that waits for 10 s, with status 200, and send it a comment every 10 s.'),
    })
    .optional()
    .describe('Let requests wait while all targets are at their limits; refused at once unless set.'),
  ...standby,
})

const limits = z.strictObject({
  requestsPerMinute: wholeNumber(1).optional().describe('Requests a minute; without a limit unless set.'),
  burst: wholeNumber(1).optional().describe("Most requests at once; one minute's worth unless set."),
  tokensPerMinute: wholeNumber(1)
    .optional()
    .describe(
      'Input and output tokens a minute; without a limit unless set. A request takes what it may use, and gets back what it did not.',
    ),
  tokenBurst: wholeNumber(1)
    .optional()
    .describe("Most tokens at once, and thus of one request; one minute's worth unless set."),
  concurrency: wholeNumber(1)
    .optional()
    .describe('Requests at a time, each to the end of its answer; without a limit unless set.'),
})

const key = z
  .strictObject({
    name: name().describe('Who calls; unique.'),
    key: strongKey()
      .optional()
      .describe('What the caller shows. Memory holds its SHA-256 digest, and the key itself once it was shown.'),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/i, 'expected the 64 hexadecimal digits of a SHA-256 digest')
      .optional()
      .describe('Instead of `key`: its SHA-256 digest in hexadecimal.'),
    models: z
      .array(text())
      .min(1)
      .optional()
      .describe(
        'Models that the caller may use, such as `chat` or `openai/*`; all unless set. One that leads to no name under `models` and to no provider is refused.',
      ),
    limits: limits.optional().describe('How much the caller may do; without a limit unless set.'),
    modelLimits: z
      .record(text(), limits)
      .optional()
      .describe(
        'How much of it with some models, such as `chat` or `openai/*`. Models of one pattern share its limits; all that fit a model hold.',
      ),
    priority: z
      .enum(['interactive', 'batch'])
      .default('interactive')
      .describe('Whose turn it is in a queue: `interactive` before `batch`.'),
    share: number(0.01, 10_000).prefault(1).describe('Weight in a queue beside other callers of the same priority.'),
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
  ...modelKnowledge,
  keys: z.array(key).default([]).describe('The callers. With none the gateway is open, and then only on loopback.'),
  retryBudget: z
    .strictObject({
      ratio: number(0, 10).prefault(0.2).describe('Attempts after failures, as a share of first attempts.'),
      minPerSecond: number(0, 10_000).prefault(1).describe('Attempts after failures that are allowed in any case.'),
    })
    .prefault({})
    .describe('How much load attempts that follow failures may add, for each target, over ten seconds.'),
  idempotency: z
    .strictObject({
      ttl: duration(0)
        .prefault('10m')
        .describe(
          'How long the outcome of a request with an `idempotency-key` is kept for its retries; 0ms turns it off.',
        ),
      linger: duration(0)
        .prefault('30s')
        .describe('How long the upstream call of a client that left goes on, for its retry to join.'),
    })
    .prefault({})
    .describe('Retries of clients that send an `idempotency-key`: answered from the first outcome, and billed once.'),
  state,
  responses,
  plugins: z
    .array(text())
    .default([])
    .describe('Your own Fastify plugins, loaded in order; paths are relative to this file.'),
})

/** What the schema puts out, before names are resolved into the Config. */
export type Validated = z.output<typeof schema>
