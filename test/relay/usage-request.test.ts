import { test } from 'node:test'
import { scanBody } from '../../src/relay/scan.ts'
import { applyEdits, askForUsage, cutUsage } from '../../src/relay/usage-request.ts'

/** The body as it goes out when usage is asked for. */
function asking(json: string): string {
  const body = Buffer.from(json)
  const edit = askForUsage(body, scanBody(body))
  return applyEdits(body, edit === undefined ? [] : [edit]).toString('utf8')
}

function cut(event: string): string | undefined {
  return cutUsage(Buffer.from(event))?.toString('utf8')
}

test('without stream_options they are put in front of the model, wherever it stands', t => {
  t.assert.equal(asking('{"model":"m"}'), '{"stream_options":{"include_usage":true},"model":"m"}')
  t.assert.equal(
    asking('{ "messages": [] ,\n "model" : "m" , "n" : 1 }'),
    '{ "messages": [] ,\n "stream_options":{"include_usage":true},"model" : "m" , "n" : 1 }',
  )
})

test('stream_options that say something else keep it', t => {
  t.assert.equal(
    asking('{"model":"m","stream_options":{"include_obfuscation":false}}'),
    '{"model":"m","stream_options":{"include_usage":true,"include_obfuscation":false}}',
  )
})

test('stream_options that are empty, null, or say no', t => {
  const wished = '{"model":"m","stream_options":{"include_usage":true}}'
  for (const options of ['{}', 'null', '{"include_usage":false}', '{"include_usage":null}']) {
    t.assert.deepEqual(JSON.parse(asking(`{"model":"m","stream_options":${options}}`)), JSON.parse(wished), options)
  }
  t.assert.deepEqual(JSON.parse(asking('{"model":"m","stream_options": { } }')), JSON.parse(wished))
})

test('a client that asks itself is left alone', t => {
  const body = '{"stream_options":{ "include_usage" : true },"model":"m"}'
  t.assert.equal(asking(body), body)
})

test('edits are applied in their order in the body', t => {
  const edits = [
    { start: 6, end: 7, bytes: 'é' },
    { start: 0, end: 1, bytes: 'xyz' },
    { start: 3, end: 3, bytes: '-' },
  ]
  t.assert.equal(applyEdits(Buffer.from('01234567'), edits).toString('utf8'), 'xyz12-345é7')
})

test('A7: the report that only we asked for is taken out whole', t => {
  t.assert.equal(cut('data: {"id":"c","choices":[],"usage":{"prompt_tokens":3}}\n\n'), undefined)
  t.assert.equal(cut('data: {"id":"c","usage":{"prompt_tokens":3},"choices": [ ] }\n\n'), undefined)
})

test('A7: usage beside content is taken out and the rest of the bytes stays', t => {
  for (const [event, expected] of [
    ['data: {"choices":[{"index":0}],"usage":null}\n\n', 'data: {"choices":[{"index":0}]}\n\n'],
    ['data: {"usage":null,"choices":[{"index":0}]}\r\n\r\n', 'data: {"choices":[{"index":0}]}\r\n\r\n'],
    ['data: {"a":1, "usage" : {"x":{}} , "b":1.0}\n\n', 'data: {"a":1 , "b":1.0}\n\n'],
    ['data: {"usage":null}\n\n', 'data: {}\n\n'],
  ] as const) {
    t.assert.equal(cut(event), expected)
  }
})

test('an event without choices that says more than usage is not lost with it', t => {
  const event = 'data: {"choices":[],"prompt_filter_results":[{"index":0}],"usage":null}\n\n'
  t.assert.equal(cut(event), 'data: {"choices":[],"prompt_filter_results":[{"index":0}]}\n\n')
})

test('what only looks like usage is left alone', t => {
  for (const event of [
    'data: {"choices":[{"delta":{"content":"\\"usage\\": 1"}}]}\n\n',
    'data: {"x_groq":{"usage":{}},"choices":[]}\n\n',
    'data: {"broken "usage"\n\n',
    'data: [DONE]\n\n',
    ': "usage"\n\n',
  ]) {
    t.assert.equal(cut(event), event)
  }
})
