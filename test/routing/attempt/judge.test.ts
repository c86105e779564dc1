import { test } from 'node:test'
import { dialectNamed } from '../../../src/dialects/index.ts'
import { createProvider } from '../../../src/providers/index.ts'
import { judge, kindOf } from '../../../src/routing/attempt/judge.ts'

const OPENAI = createProvider('openai', { name: 'openai' })
const ANTHROPIC = createProvider('anthropic', { name: 'anthropic' })

function ofOpenAi(status: number, body: object | string) {
  return judge(OPENAI, dialectNamed('openai-chat'), status, toBytes(body))
}

function ofAnthropic(status: number, body: object | string) {
  return judge(ANTHROPIC, dialectNamed('anthropic'), status, toBytes(body))
}

function toBytes(body: object | string): Buffer {
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
}

test('a status by itself', t => {
  const kinds = {
    400: 'invalid',
    401: 'unauthorized',
    402: 'unauthorized',
    403: 'unauthorized',
    404: 'not-found',
    405: 'invalid',
    408: 'timeout',
    413: 'too-large',
    422: 'invalid',
    429: 'limited',
    500: 'upstream',
    502: 'overloaded',
    503: 'overloaded',
    504: 'timeout',
    529: 'overloaded',
  }
  for (const [status, kind] of Object.entries(kinds)) t.assert.equal(kindOf(Number(status)), kind, status)
})

test('C2: a refused key is ours, and nothing of the refusal is for the caller', t => {
  for (const status of [401, 402, 403]) {
    const { kind, ourKey } = ofOpenAi(status, { error: { message: 'Incorrect API key sk-our-secret' } })
    t.assert.equal(kind, 'upstream', String(status))
    t.assert.equal(ourKey, true)
  }
})

test('a bare 403 rests one model only: it may have been the request', t => {
  const rests = [401, 402, 403].map(status => ofOpenAi(status, { error: { message: 'flagged' } }).wholeKey)
  t.assert.deepEqual(rests, [true, true, false])
})

test('C2: an empty account is told by the body, whatever the status says', t => {
  const anthropic = {
    type: 'error',
    error: { type: 'invalid_request_error', message: 'Your credit balance is too low' },
  }
  t.assert.equal(ofAnthropic(400, anthropic).ourKey, true)
  t.assert.equal(ofOpenAi(429, { error: { code: 'insufficient_quota', message: 'You exceeded' } }).ourKey, true)
})

test("C1: a caller's mistake stays the caller's", t => {
  const mistake = { type: 'error', error: { type: 'invalid_request_error', message: 'max_tokens: field required' } }
  const { kind, ourKey, fault } = ofAnthropic(400, mistake)
  t.assert.equal(kind, 'invalid')
  t.assert.equal(ourKey, false)
  t.assert.equal(fault.message, 'max_tokens: field required')
})

test('bodies that are no JSON are judged by their status', t => {
  for (const body of ['', '<html>502 Bad Gateway</html>', '{"cut":', 'null', '[]']) {
    t.assert.equal(ofOpenAi(502, body).kind, 'overloaded', body)
    t.assert.equal(ofAnthropic(500, body).kind, 'upstream', body)
  }
})
