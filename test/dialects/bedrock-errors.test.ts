import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Kind } from '../../src/call/fault.ts'
import { bedrock } from '../../src/dialects/bedrock/index.ts'
import { CONSEQUENCES, faultOf, InvalidRequest } from '../../src/errors.ts'

const STATUSES: readonly (readonly [number, Kind])[] = [
  [400, 'invalid'],
  [404, 'not-found'],
  [408, 'timeout'],
  [418, 'invalid'],
  [424, 'upstream'],
  [429, 'limited'],
  [500, 'upstream'],
  [503, 'overloaded'],
]

for (const [status, kind] of STATUSES) {
  test(`a ${status} of Bedrock is ${kind}, and goes to its own clients as it came`, () => {
    const json = { message: 'No.' }
    const fault = bedrock.readError(status, json)
    assert.deepEqual([fault.kind, fault.status, fault.message], [kind, status, 'No.'])
    assert.deepEqual(bedrock.writeError(fault).body, json)
  })
}

test('the name of the exception decides where it stands in the body', () => {
  const fault = bedrock.readError(400, { __type: 'com.amazon.coral#ServiceQuotaExceededException', message: 'Enough.' })
  assert.deepEqual([fault.kind, fault.type], ['limited', 'ServiceQuotaExceededException'])
})

test('what Bedrock says of our key is not shown, and its status is not the caller’s', () => {
  for (const status of [401, 403]) {
    const fault = bedrock.readError(status, { message: 'User: arn:aws:iam::123456789012:user/x is not authorized' })
    const { body, status: shown } = bedrock.writeError(fault)
    assert.equal(shown, 502)
    assert.doesNotMatch(JSON.stringify(body), /arn:/)
  }
})

test('a prompt that is too long is told by its sentence', () => {
  const said = (message: string) => bedrock.readError(400, { message }).reason
  assert.equal(said('Input is too long for requested model.'), 'context-window')
  assert.equal(said('The model returned the following errors: prompt is too long: 250000 tokens'), 'context-window')
  assert.equal(said('Malformed input request.'), undefined)
})

test('bodies that are no JSON, and errors without words, are faults by their status', () => {
  assert.equal(bedrock.readError(503, undefined).message, 'The vendor answered with status 503.')
  assert.equal(bedrock.readError(200, { message: 'Odd.' }).status, 500)
})

test('every kind of error of the gateway has a name that AWS clients know', () => {
  for (const kind of Object.keys(CONSEQUENCES) as Kind[]) {
    const { status } = CONSEQUENCES[kind]
    const { body } = bedrock.writeError({ kind, status, message: 'No.' })
    assert.match(String(body.__type), /^[A-Z]\w+Exception$/, kind)
    const [frame] = bedrock.writeErrorFrames({ kind, status, message: 'No.' })
    assert.match(frame?.event ?? '', /^[a-z]\w+Exception$/, kind)
  }
})

test('the member at fault is named in the sentence', () => {
  const { body } = bedrock.writeError(faultOf(InvalidRequest({ param: 'messages.0' }, 'it must not be empty')))
  assert.equal(body.message, 'messages.0: it must not be empty (SLUICE_REQUEST_INVALID)')
})
