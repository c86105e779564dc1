import { type TestContext, test } from 'node:test'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { chatStream, completion, messageStream } from '../journey/frames.ts'
import { type Bench, setUp } from '../journey/setup.ts'
import { reset, stream, whole } from '../upstream.ts'

const KEY = 'key-of-the-caller-1'
const MESSAGES = [{ role: 'user' as const, content: 'Hello' }]

const MESSAGE = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'm',
  content: [{ type: 'text', text: 'Hello' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 7, output_tokens: 5 },
}

/** Vendor `a` speaks OpenAI's dialect, `b` Anthropic's. */
function withSdks(t: TestContext, limits?: object): Promise<Bench> {
  const keys = [
    { name: 'caller', key: KEY, models: ['chat', 'a/*', 'b/*'], ...(limits && { limits }) },
    { name: 'disabled', key: 'key-that-is-disabled', disabled: true },
  ]
  return setUp(t, [whole(completion()), whole(MESSAGE)], {
    types: ['openai-compatible', 'anthropic'],
    config: { keys, listen: { bodyLimit: '64KiB' } },
    provider: { breaker: { minimumCalls: 1_000 } },
  })
}

function openaiOf({ gateway }: Bench, apiKey = KEY): OpenAI {
  return new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey, maxRetries: 0 })
}

function anthropicOf({ gateway }: Bench, apiKey = KEY): Anthropic {
  return new Anthropic({ baseURL: gateway.url, apiKey, maxRetries: 0 })
}

test('the OpenAI SDK lists models, asks, and streams, whichever vendor answers', async (t: TestContext) => {
  const bench = await withSdks(t)
  const client = openaiOf(bench)
  const names: string[] = []
  for await (const model of client.models.list()) names.push(model.id)
  t.assert.deepEqual(names, ['chat', 'a/m', 'b/m'])
  t.assert.equal((await client.models.retrieve('a/m')).id, 'a/m')
  for (const model of ['a/m', 'b/m']) {
    const answer = await client.chat.completions.create({ model, messages: MESSAGES })
    t.assert.equal(answer.choices[0]?.message.content, 'Hello', model)
    t.assert.equal(answer.usage?.total_tokens, 12, model)
  }
  bench.upstreams[0]?.use(stream(chatStream('Hel', 'lo')))
  bench.upstreams[1]?.use(stream(messageStream('Hel', 'lo')))
  for (const model of ['a/m', 'b/m']) {
    let text = ''
    const chunks = await client.chat.completions.create({ model, messages: MESSAGES, stream: true })
    for await (const chunk of chunks) text += chunk.choices[0]?.delta.content ?? ''
    t.assert.equal(text, 'Hello', model)
  }
})

test('the Anthropic SDK lists models, asks, and streams, whichever vendor answers', async (t: TestContext) => {
  const bench = await withSdks(t)
  const client = anthropicOf(bench)
  const names: string[] = []
  for await (const model of client.models.list()) names.push(model.id)
  t.assert.deepEqual(names, ['chat', 'a/m', 'b/m'])
  t.assert.equal((await client.models.retrieve('chat')).id, 'chat')
  for (const model of ['a/m', 'b/m']) {
    const answer = await client.messages.create({ model, max_tokens: 100, messages: MESSAGES })
    t.assert.deepEqual(
      answer.content.map(block => block.type === 'text' && block.text),
      ['Hello'],
      model,
    )
    t.assert.equal(answer.stop_reason, 'end_turn', model)
  }
  bench.upstreams[0]?.use(stream(chatStream('Hel', 'lo')))
  bench.upstreams[1]?.use(stream(messageStream('Hel', 'lo')))
  for (const model of ['a/m', 'b/m']) {
    const final = await client.messages.stream({ model, max_tokens: 100, messages: MESSAGES }).finalText()
    t.assert.equal(final, 'Hello', model)
  }
})

test('a token that the Anthropic SDK sends as a Bearer works as its key does', async (t: TestContext) => {
  const bench = await withSdks(t)
  const client = new Anthropic({ baseURL: bench.gateway.url, apiKey: null, authToken: KEY, maxRetries: 0 })
  const answer = await client.messages.create({ model: 'chat', max_tokens: 100, messages: MESSAGES })
  t.assert.equal(answer.role, 'assistant')
})

interface Case {
  readonly name: string
  readonly key?: string
  readonly model?: string
  readonly content?: string
  readonly vendor?: Parameters<typeof whole>
  readonly status: number
  readonly code?: string
  readonly openai: unknown
  readonly anthropic: unknown
}

const CASES: readonly Case[] = [
  {
    name: 'an unknown key',
    key: 'key-of-nobody',
    status: 401,
    code: 'SLUICE_AUTH_KEY_UNKNOWN',
    openai: OpenAI.AuthenticationError,
    anthropic: Anthropic.AuthenticationError,
  },
  {
    name: 'a disabled key',
    key: 'key-that-is-disabled',
    status: 401,
    code: 'SLUICE_AUTH_KEY_DISABLED',
    openai: OpenAI.AuthenticationError,
    anthropic: Anthropic.AuthenticationError,
  },
  {
    name: 'a model that is not known',
    model: 'caht',
    status: 404,
    code: 'SLUICE_ROUTE_MODEL_UNKNOWN',
    openai: OpenAI.NotFoundError,
    anthropic: Anthropic.NotFoundError,
  },
  {
    name: 'a model name that could not be sent',
    model: 'a/../x',
    status: 400,
    code: 'SLUICE_REQUEST_INVALID',
    openai: OpenAI.BadRequestError,
    anthropic: Anthropic.BadRequestError,
  },
  {
    name: 'a body that is too large',
    content: 'x'.repeat(70_000),
    status: 413,
    code: 'SLUICE_REQUEST_TOO_LARGE',
    openai: OpenAI.APIError,
    anthropic: Anthropic.APIError,
  },
  {
    name: 'a request that the vendor cannot process',
    vendor: [{ error: { message: 'the vendor says no', type: 'invalid_request_error' } }, { status: 422 }],
    status: 422,
    openai: OpenAI.UnprocessableEntityError,
    anthropic: Anthropic.UnprocessableEntityError,
  },
  {
    name: 'a vendor that has had enough',
    vendor: [{ error: { message: 'slow down' } }, { status: 429, headers: { 'retry-after': '7' } }],
    status: 429,
    openai: OpenAI.RateLimitError,
    anthropic: Anthropic.RateLimitError,
  },
  {
    name: 'a vendor that fails',
    vendor: [{ error: { message: 'oh' } }, { status: 500 }],
    status: 500,
    openai: OpenAI.InternalServerError,
    anthropic: Anthropic.InternalServerError,
  },
  {
    name: 'a vendor that refuses our key',
    vendor: [{ error: { message: 'your key is wrong' } }, { status: 401 }],
    status: 502,
    code: 'SLUICE_UPSTREAM_KEY',
    openai: OpenAI.InternalServerError,
    anthropic: Anthropic.InternalServerError,
  },
]

for (const { name, key, model = 'a/m', content = 'Hello', vendor, status, code, ...classes } of CASES) {
  test(`B35: both SDKs raise their own error of status ${status} for ${name}, streaming or not`, async (t: TestContext) => {
    const messages = [{ role: 'user' as const, content }]
    for (const wantsStream of [false, true]) {
      const bench = await withSdks(t)
      if (vendor !== undefined) bench.upstream.use(whole(...vendor))
      const openai = openaiOf(bench, key).chat.completions.create({ model, messages, stream: wantsStream })
      await t.assert.rejects(openai, error => {
        t.assert.ok(
          error instanceof OpenAI.APIError && error instanceof (classes.openai as typeof Error),
          String(error),
        )
        t.assert.equal(error.status, status)
        if (code !== undefined) t.assert.equal(error.code, code)
        t.assert.ok(error.requestID)
        return true
      })
      const other = await withSdks(t)
      if (vendor !== undefined) other.upstream.use(whole(...vendor))
      const anthropic = anthropicOf(other, key).messages.create({ model, max_tokens: 9, messages, stream: wantsStream })
      await t.assert.rejects(anthropic, error => {
        t.assert.ok(
          error instanceof Anthropic.APIError && error instanceof (classes.anthropic as typeof Error),
          String(error),
        )
        t.assert.equal(error.status, status)
        t.assert.equal((error.error as { type: string }).type, 'error')
        return true
      })
    }
  })
}

test('both SDKs raise their permission error for a model that the key may not use', async (t: TestContext) => {
  const keys = [{ name: 'caller', key: KEY, models: ['chat'] }]
  const bench = await setUp(t, [whole(completion())], { config: { keys } })
  await t.assert.rejects(openaiOf(bench).chat.completions.create({ model: 'a/m', messages: MESSAGES }), error => {
    return error instanceof OpenAI.PermissionDeniedError && error.status === 403 && error.param === 'model'
  })
  await t.assert.rejects(
    anthropicOf(bench).messages.create({ model: 'a/m', max_tokens: 9, messages: MESSAGES }),
    error => error instanceof Anthropic.PermissionDeniedError && error.status === 403,
  )
})

test('both SDKs raise their rate limit error with the seconds to wait when the caller has used up its requests', async (t: TestContext) => {
  const bench = await withSdks(t, { requestsPerMinute: 1, burst: 1 })
  await openaiOf(bench).chat.completions.create({ model: 'chat', messages: MESSAGES })
  await t.assert.rejects(openaiOf(bench).chat.completions.create({ model: 'chat', messages: MESSAGES }), error => {
    return error instanceof OpenAI.RateLimitError && Number(error.headers.get('retry-after')) > 0
  })
  await t.assert.rejects(
    anthropicOf(bench).messages.create({ model: 'chat', max_tokens: 9, messages: MESSAGES }),
    error => error instanceof Anthropic.RateLimitError && Number(error.headers.get('retry-after')) > 0,
  )
})

test('a vendor that cannot be reached is a server error of status 502 to both SDKs', async (t: TestContext) => {
  const bench = await withSdks(t)
  bench.upstream.use(reset())
  await t.assert.rejects(openaiOf(bench).chat.completions.create({ model: 'a/m', messages: MESSAGES }), error => {
    return (
      error instanceof OpenAI.InternalServerError && error.status === 502 && error.code === 'SLUICE_UPSTREAM_NETWORK'
    )
  })
  await t.assert.rejects(
    anthropicOf(bench).messages.create({ model: 'a/m', max_tokens: 9, messages: MESSAGES }),
    error => error instanceof Anthropic.InternalServerError && error.status === 502,
  )
})
