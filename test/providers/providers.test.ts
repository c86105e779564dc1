import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '../../src/call/json.ts'
import { createProvider, providerTypes } from '../../src/providers/index.ts'
import type { OutgoingRequest, Provider } from '../../src/providers/provider.ts'

const OUTGOING: OutgoingRequest = { method: 'POST', url: 'https://x.example/', headers: {}, body: undefined }
const OTHERS_ADDRESS = 'https://llm.example.internal/v1'

/** Who is told the model in the path. */
const IN_PATH = new Set(['gemini', 'vertex', 'vertex-anthropic'])

const openai = createProvider('openai', { name: 'openai' })
const anthropic = createProvider('anthropic', { name: 'anthropic' })

function chatUrl(provider: Provider, model = 'some-model', stream = false): string {
  return provider.baseUrl + provider.endpoints.chat?.path(model, stream)
}

test('OpenAI is called as documented', async () => {
  assert.equal(chatUrl(openai), 'https://api.openai.com/v1/chat/completions')
  assert.equal(openai.endpoints.chat?.dialect, 'openai-chat')
  assert.deepEqual(await openai.authorize(OUTGOING, 'sk-1'), { authorization: 'Bearer sk-1' })
  assert.deepEqual(openai.forwardHeaders, ['openai-beta'])
  assert.equal(openai.streamUsage, 'on-request')
  assert.deepEqual(openai.healthCheck(), { method: 'GET', path: '/models' })
  assert.equal(openai.adjust, undefined)
})

test('Anthropic is called as documented', async () => {
  assert.equal(chatUrl(anthropic), 'https://api.anthropic.com/v1/messages')
  assert.equal(anthropic.endpoints.chat?.dialect, 'anthropic')
  assert.deepEqual(await anthropic.authorize(OUTGOING, 'sk-ant-1'), { 'x-api-key': 'sk-ant-1' })
  assert.deepEqual(anthropic.headers, { 'anthropic-version': '2023-06-01' })
  assert.deepEqual(anthropic.forwardHeaders, ['anthropic-version', 'anthropic-beta'])
  assert.equal(anthropic.streamUsage, 'always')
  assert.deepEqual(anthropic.healthCheck(), { method: 'GET', path: '/models' })
})

const CHAT_URLS: Readonly<Record<string, string>> = {
  mistral: 'https://api.mistral.ai/v1/chat/completions',
  groq: 'https://api.groq.com/openai/v1/chat/completions',
  deepseek: 'https://api.deepseek.com/v1/chat/completions',
  together: 'https://api.together.xyz/v1/chat/completions',
  fireworks: 'https://api.fireworks.ai/inference/v1/chat/completions',
  openrouter: 'https://openrouter.ai/api/v1/chat/completions',
  xai: 'https://api.x.ai/v1/chat/completions',
  perplexity: 'https://api.perplexity.ai/chat/completions',
  cerebras: 'https://api.cerebras.ai/v1/chat/completions',
  ollama: 'http://127.0.0.1:11434/v1/chat/completions',
  vllm: 'http://127.0.0.1:8000/v1/chat/completions',
}

for (const [type, url] of Object.entries(CHAT_URLS)) {
  test(`${type} is called at ${url}`, () => {
    assert.equal(chatUrl(createProvider(type, { name: type })), url)
  })
}

test('each type with a usual address normalises that address to itself', () => {
  for (const [type, { baseUrl }] of Object.entries(providerTypes)) {
    if (baseUrl !== undefined) assert.equal(createProvider(type, { name: type, baseUrl }).baseUrl, baseUrl, type)
  }
})

test('no two types read the same key variable', () => {
  const variables = Object.values(providerTypes).flatMap(({ keyVariable }) => keyVariable ?? [])
  assert.equal(new Set(variables).size, variables.length)
  assert.equal(providerTypes.openai?.keyVariable, 'OPENAI_API_KEY')
})

test('every type shows no key when there is none, and its key when there is one', async () => {
  for (const [type, { keyOptional }] of Object.entries(providerTypes)) {
    // Those prove themselves in another way.
    if (keyOptional) continue
    const provider = createProvider(type, { name: type, baseUrl: OTHERS_ADDRESS })
    assert.deepEqual(await provider.authorize(OUTGOING, undefined), {}, type)
    assert.deepEqual(await provider.authorize(OUTGOING, ''), {}, type)
    assert.match(JSON.stringify(await provider.authorize(OUTGOING, 'canary')), /canary/, type)
  }
})

test('E9: a model name that would leave its place in a path gets into none', () => {
  // Bedrock has it there in one encoded segment.
  for (const type of Object.keys(providerTypes).filter(type => type !== 'bedrock')) {
    const provider = createProvider(type, { name: type, baseUrl: OTHERS_ADDRESS })
    if (IN_PATH.has(type)) assert.throws(() => chatUrl(provider, '../evil', true), /model name/, type)
    else assert.doesNotMatch(chatUrl(provider, '../evil', true), /evil/, type)
  }
})

test('E13: only OpenAI and those who speak the Messages API are given client headers', () => {
  const given = Object.keys(providerTypes).filter(
    type => createProvider(type, { name: type, baseUrl: OTHERS_ADDRESS }).forwardHeaders.length > 0,
  )
  assert.deepEqual(given, ['openai', 'anthropic', 'vertex-anthropic'])
})

test('perplexity is checked where its list of models is', () => {
  assert.deepEqual(createProvider('perplexity', { name: 'p' }).healthCheck(), { method: 'GET', path: '/v1/models' })
})

test('vendors that refuse the question are not asked for usage', () => {
  const usage = (type: string) => createProvider(type, { name: type, baseUrl: OTHERS_ADDRESS }).streamUsage
  assert.equal(usage('mistral'), 'always')
  assert.equal(usage('openrouter'), 'always')
  assert.equal(usage('cerebras'), 'never')
  assert.equal(usage('openai-compatible'), 'never')
  assert.equal(usage('deepseek'), 'on-request')
})

test('all quirks of a vendor are applied, and a body without offence is returned itself', () => {
  const mistral = createProvider('mistral', { name: 'mistral' })
  const body = { model: 'm', seed: 1, max_completion_tokens: 2, stream_options: { include_usage: true }, store: false }
  assert.deepEqual(mistral.adjust?.(body), { model: 'm', random_seed: 1, max_tokens: 2 })
  const plain = { model: 'm', messages: [] }
  assert.equal(mistral.adjust?.(plain), plain)
})

test('openai-compatible and sim speak the Messages API when told so', () => {
  for (const type of ['openai-compatible', 'sim']) {
    const provider = createProvider(type, { name: type, baseUrl: 'http://127.0.0.1:9', dialect: 'anthropic' })
    assert.equal(chatUrl(provider), 'http://127.0.0.1:9/v1/messages')
    assert.equal(provider.endpoints.chat?.dialect, 'anthropic')
  }
})

test('settings that cannot work are refused in a sentence that names the provider', () => {
  assert.throws(() => createProvider('nobody', { name: 'x' }), /Unknown provider type nobody; known are openai, /)
  assert.throws(() => createProvider('toString', { name: 'x' }), /Unknown provider type/)
  assert.throws(() => createProvider('openai-compatible', { name: 'eu' }), /Provider eu needs a baseUrl/)
  assert.throws(() => createProvider('sim', { name: 'sim' }), /Provider sim needs a simulator/)
  assert.throws(
    () => createProvider('openai', { name: 'mine', dialect: 'anthropic' }),
    /mine does not speak .*anthropic/,
  )
})

type Classified = readonly [what: string, provider: Provider, status: number, body: Json | undefined, kind?: string]

const anthropicError = (type: string, message: string): Json => ({ type: 'error', error: { type, message } })
const openaiError = (members: Json): Json => ({ error: members })

const CLASSIFIED: readonly Classified[] = [
  [
    'C2: Anthropic, credit used up (400)',
    anthropic,
    400,
    anthropicError('invalid_request_error', 'Your credit balance is too low to access the Anthropic API.'),
    'unauthorized',
  ],
  [
    'C2: Anthropic, spend limit reached (400)',
    anthropic,
    400,
    anthropicError('invalid_request_error', 'You have reached your specified API usage limits. You will regain access'),
    'unauthorized',
  ],
  ['C2: Anthropic, billing error', anthropic, 402, anthropicError('billing_error', 'Payment needed.'), 'unauthorized'],
  ['Anthropic, 529', anthropic, 529, undefined, 'overloaded'],
  ['Anthropic, overloaded by name', anthropic, 500, anthropicError('overloaded_error', 'Overloaded'), 'overloaded'],
  [
    'C1: Anthropic, prompt too long',
    anthropic,
    400,
    anthropicError('invalid_request_error', 'prompt is too long: 250000 tokens > 200000 maximum'),
  ],
  [
    'C1: Anthropic, a 404 that quotes the sentence',
    anthropic,
    404,
    anthropicError('not_found_error', 'model: credit balance is too low'),
  ],
  ['C4: Anthropic, rate limit', anthropic, 429, anthropicError('rate_limit_error', 'Slow down.')],
  [
    'C2: OpenAI, quota used up (429)',
    openai,
    429,
    openaiError({ message: 'You exceeded your current quota', type: 'insufficient_quota', code: 'insufficient_quota' }),
    'unauthorized',
  ],
  ['C2: OpenAI, quota by type alone', openai, 429, openaiError({ type: 'insufficient_quota' }), 'unauthorized'],
  ['C2: OpenAI, hard limit', openai, 400, openaiError({ code: 'billing_hard_limit_reached' }), 'unauthorized'],
  ['C2: a compatible vendor, no money', createProvider('deepseek', { name: 'd' }), 402, undefined, 'unauthorized'],
  ['C4: OpenAI, rate limit', openai, 429, openaiError({ type: 'requests', code: 'rate_limit_exceeded' })],
  ['C1: OpenAI, context too long', openai, 400, openaiError({ code: 'context_length_exceeded' })],
  ['OpenAI, a body that is no object', openai, 500, 'insufficient_quota'],
  ['OpenAI, an error that is no object', openai, 500, { error: 'insufficient_quota' }],
  ['OpenAI, no JSON', openai, 502, undefined],
]

for (const [what, provider, status, body, kind] of CLASSIFIED) {
  test(`${what} is ${kind ?? 'what its status says'}`, () => {
    assert.equal(provider.classify?.(status, body), kind)
  })
}
