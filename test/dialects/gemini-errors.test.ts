import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Kind } from '../../src/call/fault.ts'
import { gemini } from '../../src/dialects/gemini/index.ts'

for (const [status, word, kind] of [
  [400, 'INVALID_ARGUMENT', 'invalid'],
  [404, 'NOT_FOUND', 'not-found'],
  [429, 'RESOURCE_EXHAUSTED', 'limited'],
  [500, 'INTERNAL', 'upstream'],
  [503, 'UNAVAILABLE', 'overloaded'],
  [504, 'DEADLINE_EXCEEDED', 'timeout'],
] as const satisfies readonly (readonly [number, string, Kind])[]) {
  test(`${word} is an error of kind ${kind}, with its status and in a stream without one`, () => {
    const json = { error: { code: status, message: 'Why.', status: word } }
    for (const answered of [status, 200]) {
      const fault = gemini.readError(answered, json)
      assert.deepEqual([fault.kind, fault.status, fault.type], [kind, status, word])
      assert.deepEqual(gemini.writeError(fault), { status, body: json })
    }
    assert.equal(gemini.readError(200, [{ error: { message: 'Why.', status: word } }]).kind, kind)
  })
}

test('a code that is no status of an error is none', () => {
  for (const code of [-1, 200, 450.5, 600])
    assert.equal(gemini.readError(200, { error: { code } }).status, 502, `${code}`)
})

test('a key that Google refuses is the fault of the gateway, and nothing of it is shown', () => {
  const details = [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' }]
  const invalid = { error: { code: 400, message: 'API key AIza not valid.', status: 'INVALID_ARGUMENT', details } }
  const denied = { error: { code: 403, message: 'Project 7 is not allowed.', status: 'PERMISSION_DENIED' } }
  for (const [status, json] of [
    [400, invalid],
    [403, denied],
  ] as const) {
    const fault = gemini.readError(status, json)
    assert.equal(fault.kind, 'upstream')
    const { status: shown, body } = gemini.writeError(fault)
    assert.equal(shown, 502)
    assert.doesNotMatch(JSON.stringify(body), /AIza|Project 7/)
  }
})

test('a prompt that is too long may fit another model', () => {
  const message = 'The input token count (1250074) exceeds the maximum number of tokens allowed (1048576).'
  assert.equal(
    gemini.readError(400, { error: { code: 400, message, status: 'INVALID_ARGUMENT' } }).reason,
    'context-window',
  )
})

test('an error of another dialect is a google.rpc.Status that names our code and the member at fault', () => {
  const fault = {
    kind: 'invalid',
    status: 400,
    message: 'must be a list',
    param: 'contents',
    code: 'SLUICE_X',
  } as const
  assert.deepEqual(gemini.writeError(fault).body, {
    error: {
      code: 400,
      message: 'contents: must be a list',
      status: 'INVALID_ARGUMENT',
      details: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'SLUICE_X', domain: 'sluice' }],
    },
  })
})

test('a body that is no JSON is an error by its status alone', () => {
  assert.equal(gemini.readError(503, undefined).kind, 'overloaded')
  assert.equal(gemini.readError(200, undefined).kind, 'upstream')
})
