import { test } from 'node:test'
import { scanBody } from '../../src/relay/scan.ts'

function scan(json: string) {
  return scanBody(Buffer.from(json))
}

test('model and stream, wherever they stand', t => {
  const { model, stream } = scan('{"messages":[],"stream":true,"model":"a/b"}')
  t.assert.equal(model, 'a/b')
  t.assert.equal(stream, true)
})

test('a model with escapes and other scripts is read as JSON.parse reads it', t => {
  t.assert.equal(scan('{"model":"m\\u006f\\/d\\n模型"}').model, 'mo/d\n模型')
})

test('without stream, or with null, it is no stream', t => {
  t.assert.equal(scan('{"model":"m"}').stream, false)
  t.assert.equal(scan('{"model":"m","stream":null}').stream, false)
  t.assert.equal(scan('{"model":"m","stream":false}').stream, false)
})

test('the most output that a call allows, by its newer name first; what is no number is for the vendor to refuse', t => {
  t.assert.equal(scan('{"model":"m","max_tokens":300}').maxTokens, 300)
  t.assert.equal(scan('{"max_completion_tokens":40,"model":"m","max_tokens":300}').maxTokens, 40)
  for (const value of ['null', '"many"', '-1', '{}']) {
    t.assert.equal(scan(`{"model":"m","max_tokens":${value}}`).maxTokens, 0, value)
  }
  t.assert.equal(scan('{"model":"m"}').maxTokens, 0)
  t.assert.equal(scan('{"model":"m","max_tokens":1e300}').maxTokens, 1_000_000)
})

test('a model that is missing, empty or no string is refused by name', t => {
  for (const json of ['{}', '{"model":""}', '{"model":5}', '{"model":null}', '{"model":["m"]}']) {
    t.assert.throws(() => scan(json), { code: 'SLUICE_REQUEST_INVALID', param: 'model' }, json)
  }
})

test('a stream that is no boolean is refused by name', t => {
  for (const value of ['1', '"true"', '{}']) {
    t.assert.throws(() => scan(`{"model":"m","stream":${value}}`), { param: 'stream' }, value)
  }
})

test('a model that is a broken string is refused', t => {
  t.assert.throws(() => scan('{"model":"\\q"}'), { code: 'SLUICE_REQUEST_JSON' })
  t.assert.throws(() => scan('{"model":"\\ud8"}'), { code: 'SLUICE_REQUEST_JSON' })
})
