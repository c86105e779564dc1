import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import type { Operation } from '../../src/call/call.ts'
import { dialectNamed } from '../../src/dialects/index.ts'
import { createProvider } from '../../src/providers/index.ts'
import type { OutgoingRequest, Provider } from '../../src/providers/provider.ts'
import { judge } from '../../src/routing/attempt/judge.ts'

const OUTGOING: OutgoingRequest = { method: 'POST', url: 'https://x.example/', headers: {}, body: undefined }
const RESOURCE = 'https://r.openai.azure.com'

function azure(baseUrl: string, apiVersion?: string): Provider {
  return createProvider('azure', { name: 'azure', baseUrl, ...(apiVersion !== undefined && { apiVersion }) })
}

function url(provider: Provider, operation: Operation = 'chat', model = 'my-gpt'): string {
  return provider.baseUrl + provider.endpoints[operation]?.path(model, false)
}

for (const [base, version, chat] of [
  [RESOURCE, undefined, `${RESOURCE}/openai/v1/chat/completions`],
  [`${RESOURCE}/openai/v1/`, undefined, `${RESOURCE}/openai/v1/chat/completions`],
  [`${RESOURCE}/openai/v1`, 'preview', `${RESOURCE}/openai/v1/chat/completions?api-version=preview`],
  [RESOURCE, '2024-10-21', `${RESOURCE}/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21`],
  [
    `${RESOURCE}/openai/deployments/x`,
    '2024-10-21',
    `${RESOURCE}/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21`,
  ],
  [
    'https://apim.example/team',
    '2024-10-21',
    'https://apim.example/team/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21',
  ],
  [
    'https://r.services.ai.azure.com/models',
    '2024-05-01-preview',
    'https://r.services.ai.azure.com/models/chat/completions?api-version=2024-05-01-preview',
  ],
] as const) {
  test(`Azure at ${base} with version ${version} is called at ${chat}`, () =>
    assert.equal(url(azure(base, version)), chat))
}

test('every operation of Azure follows the style of its address', () => {
  assert.equal(url(azure(RESOURCE), 'embeddings'), `${RESOURCE}/openai/v1/embeddings`)
  assert.equal(
    url(azure(RESOURCE, 'v'), 'transcription', 'w'),
    `${RESOURCE}/openai/deployments/w/audio/transcriptions?api-version=v`,
  )
  assert.equal(azure(RESOURCE).endpoints.moderations, undefined)
})

test('E9: neither deployment nor version leads out of the path', () => {
  assert.match(url(azure(RESOURCE, 'v'), 'chat', '../../evil?x#y'), /deployments\/\.\.%2F\.\.%2Fevil%3Fx%23y\/chat/)
  assert.throws(() => azure(RESOURCE, 'v&x=1'))
  assert.throws(() => azure('https://r.services.ai.azure.com/models'), /apiVersion/)
})

test('a key of Azure has a header of its own, a token of Entra is shown as OAuth does', async () => {
  const provider = azure(RESOURCE)
  assert.deepEqual(await provider.authorize(OUTGOING, '0123abcd'), { 'api-key': '0123abcd' })
  assert.deepEqual(await provider.authorize(OUTGOING, 'eyJh.eyJb.c-_'), { authorization: 'Bearer eyJh.eyJb.c-_' })
  assert.deepEqual(await provider.authorize(OUTGOING, ''), {})
})

test('a prompt that Azure has filtered is one that another model may take', () => {
  const inner = {
    code: 'ResponsibleAIPolicyViolation',
    content_filter_result: { hate: { filtered: true, severity: 'high' } },
  }
  const error = {
    message: 'The response was filtered',
    type: null,
    param: 'prompt',
    code: 'content_filter',
    status: 400,
    innererror: inner,
  }
  const { fault, ourKey } = judge(
    azure(RESOURCE),
    dialectNamed('openai-chat'),
    400,
    Buffer.from(JSON.stringify({ error })),
  )
  assert.deepEqual([fault.kind, fault.reason, ourKey], ['invalid', 'content-filter', false])
})

test('Cohere has chat and embeddings in its compatible API and rerank in its own', async () => {
  for (const baseUrl of [
    undefined,
    'https://api.cohere.com',
    'https://api.cohere.com/compatibility/v1',
    'https://api.cohere.com/v2/',
  ]) {
    const provider = createProvider('cohere', { name: 'cohere', ...(baseUrl && { baseUrl }) })
    assert.equal(url(provider), 'https://api.cohere.com/compatibility/v1/chat/completions')
    assert.equal(url(provider, 'embeddings'), 'https://api.cohere.com/compatibility/v1/embeddings')
    assert.equal(url(provider, 'rerank'), 'https://api.cohere.com/v2/rerank')
    assert.deepEqual(provider.healthCheck(), { method: 'GET', path: '/v1/models' })
    assert.deepEqual(await provider.authorize(OUTGOING, 'k'), { authorization: 'Bearer k' })
    assert.deepEqual(provider.adjust?.({ max_completion_tokens: 5 }), { max_tokens: 5 })
  }
})

test('each compatible vendor has the operations of its documentation', () => {
  const operations = (type: string): string[] =>
    Object.keys(createProvider(type, { name: type, baseUrl: 'https://x.example/v1' }).endpoints)
  assert.deepEqual(operations('deepseek'), ['chat'])
  assert.deepEqual(operations('mistral'), ['chat', 'embeddings', 'moderations', 'transcription'])
  assert.deepEqual(operations('groq'), ['chat', 'speech', 'transcription', 'translation'])
  assert.deepEqual(operations('jina'), ['embeddings', 'rerank'])
  assert.ok(!operations('openai').includes('rerank'))
  assert.ok(operations('openai-compatible').includes('rerank'))
})

suite('recordings', { skip: process.env.RECORDINGS === undefined ? 'RECORDINGS is not set' : false }, () => {
  for (const [id, kind, ourKey] of [
    ['azure-chat-error-401-69fd11', 'upstream', true],
    ['azure-chat-error-429-d850c4', 'limited', false],
  ] as const) {
    test(`${id} is ${kind}`, () => {
      const { response } = recording(id)
      const said = judge(azure(RESOURCE), dialectNamed('openai-chat'), response.status, Buffer.from(response.body))
      assert.deepEqual([said.kind, said.ourKey], [kind, ourKey])
    })
  }

  test('azure-chat-text and azure-chat-stream-text were asked where we would ask', () => {
    const text = recording('azure-chat-text-e9a976').request
    const version = text.query['api-version'] as string
    const deployment = url(azure('https://azure_resource.openai.azure.com', version), 'chat', 'AZURE_DEPLOYMENT')
    assert.equal(new URL(deployment).pathname, text.path)
    const streamed = recording('azure-chat-stream-text-f8a9db').request
    const models = url(azure(`https://${streamed.host}/models`, streamed.query['api-version']), 'chat')
    assert.equal(models, `https://${streamed.host}${streamed.path}?api-version=${streamed.query['api-version']}`)
  })
})

interface Recording {
  readonly request: { readonly host: string; readonly path: string; readonly query: Readonly<Record<string, string>> }
  readonly response: { readonly status: number; readonly body: string }
}

function recording(id: string): Recording {
  return JSON.parse(readFileSync(join(process.env.RECORDINGS ?? '', `${id}.json`), 'utf8')) as Recording
}
