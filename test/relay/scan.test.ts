import { type TestContext, test } from 'node:test'
import { scanBody } from '../../src/relay/scan.ts'
import { timeSaysNothing } from '../timing.ts'

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

/** Ms of processor time, which is the same however busy the machine is; the best of some, for code is slow when it is new. */
function processorMs(work: () => void): number {
  const times = Array.from({ length: 5 }, () => {
    const before = process.threadCpuUsage()
    work()
    const { user, system } = process.threadCpuUsage(before)
    return (user + system) / 1_000
  })
  return Math.min(...times)
}

const LINE = { role: 'user', content: 'about as much as somebody says in one line of a long conversation' }
const CODE = { role: 'user', content: 'const name = "value"\n\t'.repeat(40) }
for (const [name, messages] of [
  ['one long text', [{ role: 'user', content: 'x'.repeat(10_000_000) }]],
  ['many short ones', Array.from({ length: 100_000 }, () => LINE)],
  ['code in quotes', Array.from({ length: 10_000 }, () => CODE)],
] as const) {
  test(`C26: a body of 10 MB, ${name}, is looked through without holding others up for 50 ms`, {
    skip: timeSaysNothing,
  }, (t: TestContext) => {
    const body = Buffer.from(JSON.stringify({ model: 'chat', messages }))
    // The first time, much of it is the compiler's.
    const ms = Math.min(...[1, 2, 3].map(() => processorMs(() => scanBody(body))))
    t.assert.ok(ms < 50, `${ms} ms`)
  })
}
