import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { UpstreamKey } from '../../src/errors.ts'
import { gemini } from '../../src/providers/gemini.ts'
import { googleTokens } from '../../src/providers/google-token.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { createVertex, createVertexAnthropic } from '../../src/providers/vertex.ts'

const OUTGOING = { method: 'POST', url: 'https://x.invalid/', headers: {}, body: undefined }
const PROJECT = { name: 'v', project: 'my-project', location: 'europe-west4' }

/** Tokens that say whose they are. */
const tokens = async (keyFile: string | undefined) => `token of ${keyFile ?? 'the machine'}`

function chatUrl({ baseUrl, endpoints }: Provider, model: string, stream = false): string {
  return baseUrl + endpoints.chat?.path(model, stream)
}

test('gemini is told the model, and whether to stream, in the path', () => {
  const provider = gemini.create({ name: 'g' })
  const models = 'https://generativelanguage.googleapis.com/v1beta/models'
  assert.equal(chatUrl(provider, 'gemini-2.5-flash'), `${models}/gemini-2.5-flash:generateContent`)
  assert.equal(chatUrl(provider, 'gemini-2.5-flash', true), `${models}/gemini-2.5-flash:streamGenerateContent?alt=sse`)
})

test('gemini shows its key in a header, never in an address', () => {
  assert.deepEqual(gemini.create({ name: 'g' }).authorize(OUTGOING, 'key'), { 'x-goog-api-key': 'key' })
})

test('A 400 that refuses the key is one of our key, whoever wraps it', () => {
  const details = [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' }]
  const { classify } = gemini.create({ name: 'g' })
  assert.equal(classify?.(400, { error: { code: 400, details } }), 'unauthorized')
  assert.equal(classify?.(400, [{ error: { code: 400, details } }]), 'unauthorized')
  assert.equal(classify?.(400, { error: { code: 400, details: [{ reason: 'OTHER' }] } }), undefined)
  assert.equal(classify?.(400, { error: { code: 400 } }), undefined)
})

test('how long to wait stands in the details of an error', () => {
  const details = [{ '@type': 'x' }, { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '27.5s' }]
  const { retryAfter } = gemini.create({ name: 'g' })
  assert.equal(retryAfter?.({ error: { code: 429, details } }), 27_500)
  assert.equal(retryAfter?.({ error: { code: 429 } }), undefined)
  assert.equal(retryAfter?.(undefined), undefined)
})

test('vertex answers at the region of its project, or at the global host', () => {
  const below = '/publishers/google/models/gemini-2.5-flash:generateContent'
  assert.equal(
    chatUrl(createVertex(PROJECT), 'gemini-2.5-flash'),
    `https://europe-west4-aiplatform.googleapis.com/v1/projects/my-project/locations/europe-west4${below}`,
  )
  assert.equal(
    chatUrl(createVertex({ name: 'v', project: 'my-project' }), 'gemini-2.5-flash'),
    `https://aiplatform.googleapis.com/v1/projects/my-project/locations/global${below}`,
  )
  assert.equal(chatUrl(createVertex({ name: 'v' }), 'gemini-2.5-flash'), `https://aiplatform.googleapis.com/v1${below}`)
  assert.throws(() => createVertex({ name: 'v', location: 'global' }), /needs a project/)
})

test('vertex proves itself by a service account, by an API key, or as the machine it runs on', async () => {
  const bearer = (who: string) => ({ authorization: `Bearer token of ${who}` })
  assert.deepEqual(await createVertex(PROJECT, tokens).authorize(OUTGOING, undefined), bearer('the machine'))
  const account = createVertex({ ...PROJECT, credentials: '{}' }, tokens)
  assert.deepEqual(await account.authorize(OUTGOING, undefined), bearer('{}'))
  assert.deepEqual(await createVertex(PROJECT, tokens).authorize(OUTGOING, 'key'), { 'x-goog-api-key': 'key' })
})

test("Anthropic's models on vertex take the Messages API without a model, and with its version inside", () => {
  const provider = createVertexAnthropic(PROJECT)
  assert.match(chatUrl(provider, 'claude-sonnet-4-5'), /publishers.anthropic.models.claude-sonnet-4-5:rawPredict$/)
  assert.match(chatUrl(provider, 'claude-sonnet-4-5', true), /claude-sonnet-4-5:streamRawPredict$/)
  assert.equal(provider.endpoints.chat?.dialect, 'anthropic')
  assert.deepEqual(provider.adjust?.({ model: 'claude-sonnet-4-5', max_tokens: 1 }), {
    max_tokens: 1,
    anthropic_version: 'vertex-2023-10-16',
  })
})

test('credentials that Google cannot read are a fault of our key, and what they hold is not shown', async () => {
  for (const keyFile of ['not JSON', '{"type":"nobody"}']) {
    const error = await googleTokens()(keyFile).catch(thrown => thrown)
    assert.equal(error.code, UpstreamKey().code)
    assert.doesNotMatch(error.message, /nobody|not JSON/)
  }
})

test('what is wrong with a damaged key file is told without a word of it', async () => {
  const secret = 'very-secret'
  await assert.rejects(googleTokens()(`{"private_key": ${secret}`), (error: Error) => {
    assert.doesNotMatch(inspect(error), /very/)
    return true
  })
})
