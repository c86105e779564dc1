import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '../../src/call/json.ts'
import { openaiChat } from '../../src/dialects/openai-chat/index.ts'

const { readError, writeError, writeErrorFrames } = openaiChat

for (const [status, kind] of [
  [400, 'invalid'],
  [401, 'upstream'],
  [402, 'upstream'],
  [403, 'upstream'],
  [404, 'not-found'],
  [408, 'timeout'],
  [413, 'too-large'],
  [422, 'invalid'],
  [429, 'limited'],
  [500, 'upstream'],
  [502, 'upstream'],
  [503, 'overloaded'],
  [504, 'timeout'],
  [529, 'overloaded'],
] as const) {
  test(`a vendor's ${status} is of kind ${kind}`, () => {
    const fault = readError(status, { error: { message: 'said' } })
    assert.equal(fault.kind, kind)
    assert.equal(fault.status, status)
  })
}

for (const [title, json, message] of [
  ['OpenAI', { error: { message: 'said', type: 't', param: 'p', code: 'c' } }, 'said'],
  ['an error string', { error: 'said' }, 'said'],
  ['Mistral', { detail: 'said' }, 'said'],
  ['FastAPI', { detail: [{ msg: 'said' }] }, '[{"msg":"said"}]'],
  ['vLLM', { object: 'error', message: 'said', code: 400 }, 'said'],
  ['Gemini', [{ error: { message: 'said', status: 'INVALID' } }], 'said'],
  ['no JSON', undefined, 'The vendor answered with status 400.'],
  ['nothing', {}, 'The vendor answered with status 400.'],
] as const) {
  test(`the message is found in the shape of ${title}`, () => {
    assert.equal(readError(400, json as Json | undefined).message, message)
  })
}

test('a code that is no status of an error is none', () => {
  for (const code of [-1, 200, 450.5, '450.5', 600])
    assert.equal(readError(200, { error: { code } }).status, 502, `${code}`)
})

test('B35: an error of this dialect goes on verbatim, with its status', () => {
  const json = { error: { message: 'said', type: 't', param: null, code: 'c', failed_generation: 'x' }, user_id: 'u' }
  assert.deepEqual(writeError(readError(400, json)), { status: 400, body: json })
})

test('E7: a refusal of our own key shows neither the key nor the status of it', () => {
  const json = { error: { message: 'Incorrect API key provided: sk-canary.', code: 'invalid_api_key' } }
  for (const status of [401, 402, 403]) {
    const { status: shown, body } = writeError(readError(status, json))
    assert.equal(shown, 502)
    assert.ok(!JSON.stringify(body).includes('canary'))
  }
})

test('a fault of the gateway is written in the shape of OpenAI', () => {
  const fault = { kind: 'invalid', status: 400, message: 'm', code: 'SLUICE_REQUEST_INVALID', param: 'model' } as const
  const error = { message: 'm', type: 'invalid_request_error', param: 'model', code: 'SLUICE_REQUEST_INVALID' }
  assert.deepEqual(writeError(fault), { status: 400, body: { error } })
  assert.deepEqual(writeErrorFrames(fault), [{ data: JSON.stringify({ error }) }])
})

test('an error of another dialect is written in words of this one', () => {
  const raw = { dialect: 'anthropic', value: { type: 'error', error: { type: 'overloaded_error', message: 'm' } } }
  const { status, body } = writeError({ kind: 'overloaded', status: 529, message: 'm', type: 'overloaded_error', raw })
  assert.equal(status, 529)
  assert.deepEqual(body, { error: { message: 'm', type: 'server_error', param: null, code: null } })
})
