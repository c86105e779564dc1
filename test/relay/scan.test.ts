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
