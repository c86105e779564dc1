import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Kind } from '../../src/call/fault.ts'
import type { Json } from '../../src/call/json.ts'
import { anthropic } from '../../src/dialects/anthropic/index.ts'
import { CONSEQUENCES, faultOf, InvalidRequest } from '../../src/errors.ts'

const TYPES: readonly [number, string, Kind][] = [
  [400, 'invalid_request_error', 'invalid'],
  [404, 'not_found_error', 'not-found'],
  [413, 'request_too_large', 'too-large'],
  [429, 'rate_limit_error', 'limited'],
  [500, 'api_error', 'upstream'],
  [504, 'timeout_error', 'timeout'],
  [529, 'overloaded_error', 'overloaded'],
]
for (const [status, type, kind] of TYPES) {
  test(`B35: ${status} ${type} is ${kind}, and an Anthropic client gets it as it was`, () => {
    const json = { type: 'error', error: { type, message: 'Why' }, request_id: 'req_1' }
    const fault = anthropic.readError(status, json)
    assert.equal(fault.kind, kind)
    assert.equal(fault.message, 'Why')
    assert.deepEqual(anthropic.writeError(fault), { status, body: json })
  })
}

const REFUSALS: readonly [number, string][] = [
  [401, 'authentication_error'],
  [402, 'billing_error'],
  [403, 'permission_error'],
]
for (const [status, type] of REFUSALS) {
  test(`${status} ${type} is about our key: the caller hears neither the status nor the sentence`, () => {
    const json = { type: 'error', error: { type, message: 'invalid x-api-key sk-ant-1' } }
    const fault = anthropic.readError(status, json)
    assert.equal(fault.kind, 'upstream')
    const written = anthropic.writeError(fault)
    assert.equal(written.status, 502)
    assert.doesNotMatch(JSON.stringify(written.body), /x-api-key|authentication|billing|permission/)
  })
}

const SHAPES: readonly [number, Json | undefined, Kind, RegExp][] = [
  [502, undefined, 'upstream', /status 502/],
  [503, 'gateway', 'overloaded', /status 503/],
  [408, {}, 'timeout', /status 408/],
  [422, { error: 'Bad words' }, 'invalid', /Bad words/],
  [400, { error: { message: 5 } }, 'invalid', /status 400/],
  [429, { error: { type: 'new_word', message: 'Slow' } }, 'limited', /Slow/],
]
for (const [status, json, kind, message] of SHAPES) {
  test(`an error ${status} with the body ${JSON.stringify(json)} is ${kind}`, () => {
    const fault = anthropic.readError(status, json)
    assert.equal(fault.kind, kind)
    assert.match(fault.message, message)
  })
}

for (const [kind, { status }] of Object.entries(CONSEQUENCES)) {
  test(`a fault of kind ${kind} is written in Anthropic's shape`, () => {
    const { status: written, body } = anthropic.writeError({ kind: kind as Kind, status, message: 'Why' })
    assert.equal(written, status)
    assert.equal(body.type, 'error')
    const error = body.error as { type: string; message: string }
    assert.match(error.type, /^([a-z]+_)+error$|^request_too_large$/)
    assert.equal(error.message, 'Why')
  })
}

test('the code goes along, and the member at fault where the sentence does not name it', () => {
  const fault = faultOf(InvalidRequest({ param: 'messages.0.role' }, 'unknown role'))
  assert.deepEqual(anthropic.writeError(fault).body, {
    type: 'error',
    error: { type: 'invalid_request_error', message: 'messages.0.role: unknown role', code: 'SLUICE_REQUEST_INVALID' },
    request_id: null,
  })
})
