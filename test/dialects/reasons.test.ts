import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Reason } from '../../src/call/fault.ts'
import type { Json } from '../../src/call/json.ts'
import { dialectNamed } from '../../src/dialects/index.ts'

const invalid = (message: string): Json => ({
  error: { message, type: 'invalid_request_error', param: null, code: null },
})
const anthropicInvalid = (message: string): Json => ({
  type: 'error',
  error: { type: 'invalid_request_error', message },
  request_id: 'req_1',
})

const AZURE_FILTER: Json = {
  error: {
    message:
      "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please modify your prompt and retry.",
    type: null,
    param: 'prompt',
    code: 'content_filter',
    status: 400,
    innererror: {
      code: 'ResponsibleAIPolicyViolation',
      content_filter_result: { violence: { filtered: true, severity: 'medium' } },
    },
  },
}

/** As vendors answer them, by dialect. */
const REFUSALS: readonly (readonly [string, string, number, Json, Reason])[] = [
  [
    'OpenAI',
    'openai-chat',
    400,
    {
      error: {
        message: "This model's maximum context length is 8192 tokens. However, your messages resulted in 8227 tokens.",
        type: 'invalid_request_error',
        param: 'messages',
        code: 'context_length_exceeded',
      },
    },
    'context-window',
  ],
  [
    'OpenAI, newer models',
    'openai-chat',
    400,
    invalid('Your input exceeds the context window of this model. Please adjust your input and try again.'),
    'context-window',
  ],
  [
    'vLLM',
    'openai-chat',
    400,
    {
      object: 'error',
      message: "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens.",
      type: 'BadRequestError',
      param: null,
      code: 400,
    },
    'context-window',
  ],
  [
    'xAI',
    'openai-chat',
    400,
    { error: "This model's maximum prompt length is 131072 but the request contains 150000 tokens." },
    'context-window',
  ],
  [
    'llama.cpp',
    'openai-chat',
    400,
    {
      error: {
        code: 400,
        message: 'the request exceeds the available context size, try increasing it',
        type: 'exceed_context_size_error',
      },
    },
    'context-window',
  ],
  [
    'Gemini, in a list',
    'openai-chat',
    400,
    [
      {
        error: { code: 400, message: 'The input token count (1200000) exceeds the maximum number of tokens allowed.' },
      },
    ],
    'context-window',
  ],
  [
    'any 413',
    'openai-chat',
    413,
    { error: { message: 'Request too large', code: 'rate_limit_exceeded' } },
    'context-window',
  ],
  ['Azure', 'openai-chat', 400, AZURE_FILTER, 'content-filter'],
  ['DeepSeek', 'openai-chat', 400, invalid('Content Exists Risk'), 'content-filter'],
  [
    'Anthropic',
    'anthropic',
    400,
    anthropicInvalid('prompt is too long: 208310 tokens > 200000 maximum'),
    'context-window',
  ],
  [
    'Anthropic, with its own answer',
    'anthropic',
    400,
    anthropicInvalid(
      'input length and `max_tokens` exceed context limit: 199759 + 8192 > 200000, decrease input length',
    ),
    'context-window',
  ],
  [
    'Anthropic, by size',
    'anthropic',
    413,
    { type: 'error', error: { type: 'request_too_large', message: 'Request exceeds the maximum size' } },
    'context-window',
  ],
  ['Anthropic', 'anthropic', 400, anthropicInvalid('Output blocked by content filtering policy'), 'content-filter'],
]
for (const [vendor, dialect, status, json, reason] of REFUSALS) {
  test(`${vendor}: ${status} is read as a refusal by the ${reason}`, () => {
    assert.equal(dialectNamed(dialect).readError(status, json).reason, reason)
  })
}

const OTHERS: readonly (readonly [string, number, Json | undefined])[] = [
  ['openai-chat', 400, invalid("Unsupported parameter: 'max_tokens' is not supported with this model.")],
  ['openai-chat', 429, invalid('The maximum context length of your queue is reached')],
  ['openai-chat', 500, invalid('This request exceeds the context window')],
  ['openai-chat', 400, undefined],
  [
    'anthropic',
    400,
    anthropicInvalid('max_tokens: 100000 > 8192, which is the maximum allowed number of output tokens'),
  ],
  ['anthropic', 529, { type: 'error', error: { type: 'overloaded_error', message: 'prompt is too long' } }],
]
for (const [dialect, status, json] of OTHERS) {
  test(`${dialect}: ${status} ${JSON.stringify(json)?.slice(0, 60)} has no such reason`, () => {
    assert.equal(dialectNamed(dialect).readError(status, json).reason, undefined)
  })
}

for (const [dialect, frame] of [
  ['openai-chat', { data: JSON.stringify({ error: { message: 'Too long', code: 'context_length_exceeded' } }) }],
  ['anthropic', { event: 'error', data: JSON.stringify(anthropicInvalid('prompt is too long: 3 tokens > 2 maximum')) }],
] as const) {
  test(`${dialect}: the reason is read inside of a stream, too`, () => {
    const [event] = dialectNamed(dialect).eventReader().push(frame)
    assert.ok(event?.type === 'error')
    assert.equal(event.fault.reason, 'context-window')
  })
}

test('the reason is ours alone: no client reads it', () => {
  const fault = dialectNamed('openai-chat').readError(400, AZURE_FILTER)
  for (const dialect of ['openai-chat', 'anthropic']) {
    assert.doesNotMatch(JSON.stringify(dialectNamed(dialect).writeError(fault).body), /content-filter/)
  }
})
