import { z } from 'zod'
import { isSafeModelPath } from '../providers/model-path.ts'
import { baseUrl, boolean, duration, modelName, number, secret, secretText, text, wholeNumber } from './scalars.ts'

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

/** A prompt costs something and takes as long as the model does, so it is sent more rarely, and waited for longer (ms). */
const FREE = { interval: 10_000, timeout: 2_000 }
const BILLED = { interval: 60_000, timeout: 10_000 }

const healthSettings = z.strictObject({
  ask: modelName()
    .refine(isSafeModelPath, 'is no name that can stand in an address')
    .optional()
    .describe(
      "The vendor's name of a model. A check is then a prompt to it, of a few tokens, which the vendor bills: for vendors whose list of models is there while their models are not. Unset, no check is ever billed.",
    ),
  interval: duration()
    .optional()
    .describe('From one check to the next; `10s` unless set, with `ask` `1m`, and then at least `1s`.'),
  timeout: duration().optional().describe('How long a check may take; `2s` unless set, with `ask` `10s`.'),
  unhealthyAfter: wholeNumber(1).prefault(3).describe('Failed checks in a row that take its targets out.'),
  healthyAfter: wholeNumber(1).prefault(2).describe('Good checks in a row that bring them back.'),
  whenAllUnhealthy: z
    .enum(['use-all', 'refuse'])
    .default('use-all')
    .describe(
      'Where no target of a model is well: ask its targets all the same, since the checks may be what is broken, or not.',
    ),
})

const health = healthSettings.transform(settings => {
  const { interval, timeout } = settings.ask === undefined ? FREE : BILLED
  return { ...settings, interval: settings.interval ?? interval, timeout: settings.timeout ?? timeout }
})

const vendorLimits = z.strictObject({
  requestsPerMinute: wholeNumber(1).optional().describe('Requests a minute; without a limit unless set.'),
  burst: wholeNumber(1)
    .optional()
    .describe("Most requests at once; nine tenths of a second's worth unless set, at least one."),
  tokensPerMinute: wholeNumber(1).optional().describe('Input and output tokens a minute; without a limit unless set.'),
  concurrency: wholeNumber(1).optional().describe('Calls at a time; without a limit unless set.'),
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

const aws = z.strictObject({
  region: text()
    .optional()
    .describe(
      'Region of the vendor; `AWS_REGION` or `AWS_DEFAULT_REGION` of the environment unless set, else `us-east-1`.',
    ),
  accessKeyId: secret().optional().describe('Access key to sign with, instead of an `apiKey`.'),
  secretAccessKey: secret().optional().describe('Its secret.'),
  sessionToken: secret().optional().describe('The token that belongs to an access key that expires.'),
})

/** A vendor: who it is, how to reach it, and what to expect of it. */
export const provider = z
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
    connections: wholeNumber(1, 65_535)
      .prefault(256)
      .describe('Most connections to the vendor, opened when needed; while all are in use, other targets go first.'),
    breaker: breaker.prefault({}).describe('When to leave a failing target alone.'),
    health: health
      .optional()
      .describe(
        'Ask the vendor for its list of models (or a model, with `ask`), again and again, to see whether it answers; off unless set.',
      ),
    askForUsage: boolean()
      .optional()
      .describe(
        'Ask for the usage of streams (`stream_options.include_usage`), which is cut out again where the client did not ask. As the vendor is known to want it unless set; `openai-compatible` is not asked, since some servers refuse the question with a 400. A stream that reports nothing is metered by estimate.',
      ),
    limits: vendorLimits
      .prefault({})
      .describe('What the vendor allows each key, all its models together: this process sends no calls beyond it.'),
    adaptiveConcurrency: boolean()
      .prefault(true)
      .describe('Where no `limits` are set: send fewer calls at a time to a model once the vendor is overloaded.'),
    apiVersion: text()
      .regex(/^[\w.-]+$/, 'must be a version such as 2024-10-21')
      .optional()
      .describe(
        'Only for type `azure`: the version of the API by which deployments are called by their path; the v1 API unless set.',
      ),
    project: text()
      .regex(/^[a-z][a-z0-9:.-]*$/, 'must be the id of a project, such as my-project-1')
      .optional()
      .describe(
        'Only for types `vertex` and `vertex-anthropic`: the Google Cloud project that pays. Without `credentials` and `apiKey` the credentials of the machine are used.',
      ),
    location: text()
      .regex(/^[a-z0-9-]+$/, 'must be a region, such as europe-west4, or global')
      .optional()
      .describe('Only with `project`: the region whose models are asked; `global` unless set.'),
    credentials: secretText()
      .optional()
      .describe('Only with `project`: the key file of a service account, as `file:/path`.'),
    dialect: z
      .enum(['openai-chat', 'anthropic', 'openai-responses'])
      .optional()
      .describe(
        'Only for the types `sim` and `openai-compatible`: the wire format it speaks, `openai-chat` unless set. The simulator has no `openai-responses`.',
      ),
    aws: aws
      .optional()
      .describe(
        'Only for type `bedrock`: where, and as whom. Without an `apiKey` and an access key, credentials are found where the tools of AWS look for them.',
      ),
    sim: sim.optional().describe('Only for type `sim`: how the simulated vendor behaves.'),
  })
  .transform(({ apiKey, apiKeys, ...rest }) => ({
    ...rest,
    apiKeys: [...(apiKey === undefined ? [] : [apiKey]), ...(apiKeys ?? [])].filter(key => key !== ''),
  }))
