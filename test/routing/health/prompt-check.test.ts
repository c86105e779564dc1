import { type TestContext, test } from 'node:test'
import { providerTypes } from '../../../src/providers/index.ts'
import type { Permit } from '../../../src/routing/gate.ts'
import { checkOf, type Finding } from '../../../src/routing/health/health-check.ts'
import { promptCheck } from '../../../src/routing/health/prompt-check.ts'
import { buildSnapshot } from '../../../src/routing/reload/snapshot.ts'
import { RoutingState } from '../../../src/routing/routing-state.ts'
import type { Candidate, Vendor, VendorKey } from '../../../src/routing/target.ts'
import { startSimulator } from '../../../src/sim/simulator.ts'
import { loadText } from '../../load-text.ts'
import { CUT, type Handler, type SeenRequest, silence, startUpstream, stream, whole } from '../../upstream.ts'

/** A provider `v` of this type at this address, with a key unless the members say otherwise. */
async function snapshotAt(
  t: TestContext,
  url: string,
  type: string,
  members: object,
  state = new RoutingState(() => 0),
) {
  const provider = { type, ...(type !== 'sim' && { baseUrl: url, apiKey: 'secret' }), ...members }
  const config = await loadText(JSON.stringify({ providers: { v: provider } }), {})
  const snapshot = buildSnapshot(config, state, new Map([['v', url]]))
  t.after(() => (snapshot.vendors.get('v') as Vendor).pool.close())
  return snapshot
}

async function candidateAt(t: TestContext, url: string, model: string, type = 'openai-compatible', members = {}) {
  const { checkTargets } = await snapshotAt(t, url, type, { health: { ask: model }, ...members })
  return checkTargets.get('v')?.candidates[0] as Candidate
}

/** At the moment 0 of the clock. */
async function check(candidate: Candidate, timeout = 60_000): Promise<Finding> {
  const prompt = await promptCheck(candidate, timeout)
  if (!prompt.start(0)) throw new Error('the check was not sent')
  return prompt.read(await prompt.exchange.outcome, 0)
}

function sent({ method, url, body }: SeenRequest): readonly [method: string, url: string, body: unknown] {
  return [method, url, JSON.parse(body.toString())]
}

const MESSAGES = [{ role: 'user', content: 'Say ok.' }]
const CHAT = { model: 'some-model', messages: MESSAGES, max_completion_tokens: 1 }
const OPENAI = { ...CHAT, max_completion_tokens: 16 }
const OLDER = { model: 'some-model', messages: MESSAGES, max_tokens: 1 }
const ANTHROPIC = { model: 'some-model', messages: MESSAGES, max_tokens: 1 }
const GEMINI = { contents: [{ role: 'user', parts: [{ text: 'Say ok.' }] }], generationConfig: { maxOutputTokens: 1 } }
const BEDROCK = { messages: [{ role: 'user', content: [{ text: 'Say ok.' }] }], inferenceConfig: { maxTokens: 1 } }
const RESPONSES = {
  model: 'some-model',
  input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Say ok.' }] }],
  max_output_tokens: 16,
  store: false,
}

const COMPLETION = {
  id: 'c1',
  object: 'chat.completion',
  created: 1,
  model: 'some-model',
  choices: [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'length' }],
  usage: { prompt_tokens: 9, completion_tokens: 1, total_tokens: 10 },
}
const MESSAGE = {
  id: 'm1',
  type: 'message',
  role: 'assistant',
  model: 'some-model',
  content: [{ type: 'text', text: 'ok' }],
  stop_reason: 'max_tokens',
  stop_sequence: null,
  usage: { input_tokens: 9, output_tokens: 1 },
}
/** Its model has thought, and the one token was spent on that: there is no content at all. */
const GENERATED = {
  candidates: [{ content: { role: 'model' }, finishReason: 'MAX_TOKENS', index: 0 }],
  usageMetadata: { promptTokenCount: 9, thoughtsTokenCount: 1, totalTokenCount: 10 },
}
const CONVERSED = {
  output: { message: { role: 'assistant', content: [{ text: 'ok' }] } },
  stopReason: 'max_tokens',
  usage: { inputTokens: 9, outputTokens: 1, totalTokens: 10 },
  metrics: { latencyMs: 100 },
}
const RESPONSE = {
  id: 'resp_1',
  object: 'response',
  created_at: 1,
  status: 'incomplete',
  incomplete_details: { reason: 'max_output_tokens' },
  model: 'some-model',
  output: [],
  usage: { input_tokens: 9, output_tokens: 1, total_tokens: 10 },
}

interface Way {
  readonly path: string
  readonly asks: object
  readonly answer: object
  /** More of the provider's config. */
  readonly members?: object
}

/** Where each type of provider is asked, what, and how it answers. */
const TYPES: Readonly<Record<string, Way>> = {
  openai: { path: '/v1/chat/completions', asks: OPENAI, answer: COMPLETION },
  anthropic: { path: '/v1/messages', asks: ANTHROPIC, answer: MESSAGE },
  gemini: { path: '/v1beta/models/some-model:generateContent', asks: GEMINI, answer: GENERATED },
  vertex: {
    path: '/v1/projects/my-project/locations/global/publishers/google/models/some-model:generateContent',
    asks: GEMINI,
    answer: GENERATED,
    members: { project: 'my-project' },
  },
  'vertex-anthropic': {
    path: '/v1/projects/my-project/locations/global/publishers/anthropic/models/some-model:rawPredict',
    asks: { messages: MESSAGES, max_tokens: 1, anthropic_version: 'vertex-2023-10-16' },
    answer: MESSAGE,
    members: { project: 'my-project' },
  },
  bedrock: { path: '/model/some-model/converse', asks: BEDROCK, answer: CONVERSED },
  azure: { path: '/openai/v1/chat/completions', asks: OPENAI, answer: COMPLETION },
  cohere: { path: '/compatibility/v1/chat/completions', asks: OLDER, answer: COMPLETION },
  mistral: { path: '/v1/chat/completions', asks: OLDER, answer: COMPLETION },
  groq: { path: '/openai/v1/chat/completions', asks: CHAT, answer: COMPLETION },
  deepseek: { path: '/v1/chat/completions', asks: OLDER, answer: COMPLETION },
  together: { path: '/v1/chat/completions', asks: CHAT, answer: COMPLETION },
  fireworks: { path: '/inference/v1/chat/completions', asks: CHAT, answer: COMPLETION },
  openrouter: { path: '/api/v1/chat/completions', asks: OPENAI, answer: COMPLETION },
  xai: { path: '/v1/chat/completions', asks: CHAT, answer: COMPLETION },
  perplexity: { path: '/chat/completions', asks: CHAT, answer: COMPLETION },
  cerebras: { path: '/v1/chat/completions', asks: CHAT, answer: COMPLETION },
  ollama: { path: '/v1/chat/completions', asks: OLDER, answer: COMPLETION },
  vllm: { path: '/v1/chat/completions', asks: CHAT, answer: COMPLETION },
  'openai-compatible': { path: '/v1/chat/completions', asks: CHAT, answer: COMPLETION },
  sim: { path: '/v1/chat/completions', asks: CHAT, answer: COMPLETION },
}

const DIALECTS: readonly (readonly [name: string, type: string, way: Way])[] = [
  [
    'openai-compatible, Anthropic',
    'openai-compatible',
    { path: '/v1/messages', asks: ANTHROPIC, answer: MESSAGE, members: { dialect: 'anthropic' } },
  ],
  [
    'openai-compatible, Responses',
    'openai-compatible',
    { path: '/v1/responses', asks: RESPONSES, answer: RESPONSE, members: { dialect: 'openai-responses' } },
  ],
  [
    'azure, the older way',
    'azure',
    {
      path: '/openai/deployments/some-model/chat/completions?api-version=2024-10-21',
      asks: OPENAI,
      answer: COMPLETION,
      members: { apiVersion: '2024-10-21' },
    },
  ],
]

for (const [name, type, way] of [
  ...Object.entries(TYPES).map(([type, way]) => [type, type, way] as const),
  ...DIALECTS,
]) {
  test(`${name} is asked one small prompt in its own words, and what it bills is read`, async t => {
    const upstream = await startUpstream(whole(way.answer))
    t.after(() => upstream.close())
    const finding = await check(await candidateAt(t, upstream.url, 'some-model', type, way.members))
    t.assert.deepEqual(upstream.requests.map(sent), [['POST', way.path, way.asks]])
    const { input, output, estimated } = finding.usage ?? {}
    t.assert.deepEqual(
      { ...finding, usage: { input, output, estimated } },
      {
        usage: { input: 9, output: 1, estimated: undefined },
      },
    )
  })
}

test('every type of provider that has a chat is among them, and none that has not can be asked', t => {
  const types = Object.entries(providerTypes)
  const hasChat = ([name, type]: (typeof types)[number]) =>
    type.create({ name, baseUrl: 'http://127.0.0.1:9' }).endpoints.chat !== undefined
  t.assert.deepEqual(
    Object.keys(TYPES).sort(),
    types
      .filter(hasChat)
      .map(([name]) => name)
      .sort(),
  )
  for (const type of types) t.assert.equal(type[1].withoutChat !== true, hasChat(type), type[0])
})

test('no type of provider is sent a prompt unless the config names a model for it', async t => {
  const upstream = await startUpstream(whole({ data: [] }))
  t.after(() => upstream.close())
  for (const type of Object.keys(providerTypes)) {
    const { vendors, checkTargets } = await snapshotAt(t, upstream.url, type, { health: {} })
    const vendor = vendors.get('v') as Vendor
    t.assert.equal(checkTargets.size, 0, type)
    const exchange = await checkOf(vendor, vendor.keys[0] as VendorKey, 60_000)
    exchange.start()
    await exchange.outcome
  }
  const ways = upstream.requests.map(({ method, body }) => `${method} ${body.length}`)
  t.assert.deepEqual(new Set(ways), new Set(['GET 0']))
  t.assert.equal(ways.length, Object.keys(providerTypes).length)
})

test('the prompt shows the key as a call does, and says what it is', async t => {
  const upstream = await startUpstream(whole(MESSAGE))
  t.after(() => upstream.close())
  await check(await candidateAt(t, upstream.url, 'some-model', 'anthropic'))
  const headers = upstream.requests[0]?.headers
  t.assert.equal(headers?.['x-api-key'], 'secret')
  t.assert.equal(headers?.['anthropic-version'], '2023-06-01')
  t.assert.equal(headers?.['content-type'], 'application/json')
  t.assert.equal(headers?.['accept-encoding'], 'identity')
})

test('where a vendor wants calls signed, the prompt is: with its body, for its path', async t => {
  const upstream = await startUpstream(whole(CONVERSED))
  t.after(() => upstream.close())
  const aws = { region: 'eu-west-1', accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'example' }
  const arn = 'arn:aws:bedrock:eu-west-1::inference-profile/eu.amazon.nova-micro-v1:0'
  await check(await candidateAt(t, upstream.url, arn, 'bedrock', { apiKey: undefined, aws }))
  const [seen] = upstream.requests
  t.assert.match(
    seen?.headers.authorization ?? '',
    /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d+\/eu-west-1\/bedrock\//,
  )
  t.assert.equal(seen?.url, `/model/${encodeURIComponent(arn)}/converse`)
})

test('the simulator answers prompts in both of its dialects', async t => {
  const simulator = await startSimulator()
  t.after(() => simulator.close())
  for (const dialect of ['openai-chat', 'anthropic']) {
    const finding = await check(await candidateAt(t, simulator.url, 'echo', 'sim', { dialect }))
    t.assert.deepEqual([finding.illness, finding.refusal, finding.usage?.output], [undefined, undefined, 1], dialect)
  }
})

function answers(status: number, error: object = { message: 'no' }, headers = {}): Handler {
  return whole({ error }, { status, headers })
}

const ESTIMATE = { input: 22, output: 1, estimated: true }
const SILENCE = silence()
const CLOSED = { illness: 'the connection to the provider was closed' }
const ODD = 'its answer cannot be read in its dialect'

interface Rests {
  readonly key?: number
  readonly model?: number
}

const FINDINGS: readonly (readonly [name: string, handler: Handler, finding: Finding, rests?: Rests])[] = [
  ['an answer without usage is health, at a price that is estimated', whole({ choices: [] }), { usage: ESTIMATE }],
  ['a 404 is an answer: the model is not there', answers(404), { refusal: 'status 404 to a prompt for m' }],
  ['a 400 is an answer: the prompt is not taken', answers(400), { refusal: 'status 400 to a prompt for m' }],
  ['so is a 422', answers(422), { refusal: 'status 422 to a prompt for m' }],
  ['an error under a 200 is an error', answers(200, { message: 'down', code: 500 }), { illness: 'status 500' }],
  ['a limit is no ill health, and rests the model for a second', answers(429), { limited: true }, { model: 1_000 }],
  [
    'or for as long as the vendor says',
    answers(429, { message: 'slowly' }, { 'retry-after': '30' }),
    { limited: true },
    { model: 30_000 },
  ],
  ['a 401 tells of the key, which rests', answers(401), { keyRefused: true }, { key: 60_000 }],
  ['so does an empty account', answers(429, { code: 'insufficient_quota' }), { keyRefused: true }, { key: 60_000 }],
  ['a 403 tells of the key with this model', answers(403), { keyRefused: true }, { model: 5_000 }],
  ['a 500 is ill health', answers(500), { illness: 'status 500' }],
  ['a 503 is ill health', answers(503), { illness: 'status 503' }],
  ['so is a 408, of all that is below 500', answers(408), { illness: 'status 408' }],
  ['a redirect is no answer to a prompt', whole('', { status: 302 }), { illness: 'it answers with a redirect' }],
  [
    "a proxy's page is none",
    whole('<html>', { headers: { 'content-type': 'text/html' } }),
    { illness: ODD, usage: ESTIMATE },
  ],
  ['nor is any other JSON', whole({ data: [] }), { illness: ODD, usage: ESTIMATE }],
  [
    'nor a stream that nobody asked for',
    stream([new Promise(() => {})]),
    { illness: 'it answers with a stream that nobody asked for', usage: ESTIMATE },
  ],
  [
    'silence is ill health, and may be billed',
    SILENCE,
    { illness: 'the provider did not finish within the total timeout', usage: ESTIMATE },
  ],
  ['half an answer is ill health', stream(['{', CUT], { headers: { 'content-type': 'application/json' } }), CLOSED],
]

for (const [name, handler, finding, { key = 0, model = 0 } = {}] of FINDINGS) {
  test(name, async t => {
    const upstream = await startUpstream(handler)
    t.after(() => upstream.close())
    const candidate = await candidateAt(t, upstream.url, 'm')
    t.assert.deepEqual(await check(candidate, handler === SILENCE ? 100 : undefined), finding)
    t.assert.deepEqual([candidate.key.cooldown.remaining(0), candidate.gate.cooldown.remaining(0)], [key, model])
  })
}

test('what Google says of a model that it does not have, and Bedrock of an id that it does not know, is told', async t => {
  const google = { code: 404, message: 'models/m is not found for API version v1beta', status: 'NOT_FOUND' }
  const aws = whole({ message: 'The provided model identifier is invalid.' }, { status: 400 })
  for (const [type, handler, status] of [
    ['gemini', answers(404, google), 404],
    ['bedrock', aws, 400],
  ] as const) {
    const upstream = await startUpstream(handler)
    t.after(() => upstream.close())
    const finding = await check(await candidateAt(t, upstream.url, 'm', type))
    t.assert.deepEqual(finding, { refusal: `status ${status} to a prompt for m` }, type)
  }
})

test('a prompt says nothing to the breaker of the model', async t => {
  const upstream = await startUpstream(answers(500))
  t.after(() => upstream.close())
  const breaker = { minimumCalls: 1, errorRate: 0.01 }
  const candidate = await candidateAt(t, upstream.url, 'm', 'openai-compatible', { breaker })
  for (let turn = 0; turn < 3; turn += 1) await check(candidate)
  t.assert.equal(candidate.gate.breaker.state, 'closed')
})

test('a prompt says nothing of how many calls at a time the model takes, well answered or not', async t => {
  const upstream = await startUpstream([whole(COMPLETION), answers(503)])
  t.after(() => upstream.close())
  const state = new RoutingState(() => 0)
  const { checkTargets } = await snapshotAt(t, upstream.url, 'openai-compatible', { health: { ask: 'm' } }, state)
  const candidate = checkTargets.get('v')?.candidates[0] as Candidate
  const limit = () => [...state.allowances][0]?.allowance.concurrency(0)
  const calls = Array.from({ length: 10 }, () => candidate.gate.admit(0) as Permit)
  calls[0]?.overloaded()
  t.assert.equal(limit(), 7)

  for (const call of calls.splice(0, 4)) call.settle('bad')
  await check(candidate)
  calls[0]?.overloaded()
  t.assert.equal(limit(), 7, 'one cut until a call succeeds')
  calls.pop()?.settle('good')
  await check(candidate)
  t.assert.equal(limit(), 7)
  calls[0]?.overloaded()
  t.assert.equal(limit(), 4)
})
