import { test } from 'node:test'
import fc from 'fast-check'
import { type Script, stream, whole } from '../upstream.ts'
import { Client } from './client.ts'
import { chatStream, completion, messageStream } from './frames.ts'
import { asked, askedMessage, CHAT, MESSAGES, setUp } from './setup.ts'

const ANSWERS: Script = whole(completion())

test('B34: nothing of the bytes changes but the model', async t => {
  const { gateway, upstream } = await setUp(t, [ANSWERS])
  const bodies = [
    '{"model":"chat","seed":12345678901234567890,"temperature":1.0,"messages":[]}',
    '{ "messages" : [ ] ,\n\t"b":1,"a":2, "model"  :  "chat"  }',
    '{"model":"chat","__proto__":{"x":1},"constructor":{"y":[]},"messages":[{"__proto__":null}]}',
    '{"x":1,"x":2,"model":"chat","nested":{"model":"chat"},"e":1E400,"s":"\\u0041\\ud83d\\ude00"}',
    '{"m\\u006fdel":"chat","messages":[]}',
    '\r\n {"model":"chat","unknown":{"deep":[null,true,{"model":"chat"}]}} \n',
  ]
  for (const [index, body] of bodies.entries()) {
    t.assert.equal((await gateway.post(CHAT, body)).status, 200, body)
    const sent = String((await upstream.request(index)).body)
    t.assert.equal(sent, body.replace(/"chat"/, '"m"'), body)
  }
})

test('B34: of any JSON object, too', async t => {
  const { gateway, upstream } = await setUp(t, [ANSWERS])
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.constantFrom(undefined, 2),
      async (members, space) => {
        const { model: _, stream: __, stream_options: ___, ...rest } = members
        const text = JSON.stringify({ ...rest, model: 'chat' }, null, space)
        const { status } = await gateway.post(CHAT, text)
        const sent = String(upstream.requests.at(-1)?.body)
        const at = text.lastIndexOf('"chat"')
        return status === 200 && sent === `${text.slice(0, at)}"m"${text.slice(at + 6)}`
      },
    ),
    { numRuns: 100 },
  )
})

test('B34: a name that is the same on both sides leaves every byte', async t => {
  const { gateway, upstream } = await setUp(t, [ANSWERS], {
    config: { models: { m: { targets: [{ provider: 'a', model: 'm' }] } } },
  })
  const body = '{"messages":[],  "model":"\\u006d" }'
  await gateway.post(CHAT, body)
  t.assert.equal(String((await upstream.request(0)).body), body)
})

test('B34: what came is passed back as it came', async t => {
  const answer = '{ "id":"c1","big":12345678901234567890, "choices":[ ],"__proto__":1.0 }\n'
  const { gateway } = await setUp(t, [whole(answer)])
  t.assert.equal(await (await gateway.post(CHAT, asked())).text(), answer)
})

test('a stream asks for usage in place, whatever stood there, and all else stays', async t => {
  const { gateway, upstream } = await setUp(t, [stream(chatStream('x'))], { types: ['vllm'] })
  for (const [index, [body, sent]] of [
    [
      '{"stream":true, "model":"chat","n":1.0}',
      '{"stream":true, "stream_options":{"include_usage":true},"model":"m","n":1.0}',
    ],
    [
      '{"stream_options":{"include_usage":false,"x":1.0},"stream":true,"model":"chat"}',
      '{"stream_options":{"include_usage":true,"x":1.0},"stream":true,"model":"m"}',
    ],
    [
      '{"model":"chat","stream":true,"stream_options":{"include_usage":true}}',
      '{"model":"m","stream":true,"stream_options":{"include_usage":true}}',
    ],
    ['{"model":"chat","stream":false}', '{"model":"m","stream":false}'],
  ].entries()) {
    await gateway.post(CHAT, body as string).then(response => response.text())
    t.assert.equal(String((await upstream.request(index)).body), sent)
  }
})

test('a vendor that is not known to report usage when asked is not asked', async t => {
  const { gateway, upstream } = await setUp(t, [stream(messageStream('x'))], { types: ['anthropic'] })
  await new Client(gateway.url + MESSAGES, askedMessage({ stream: true })).over()
  t.assert.doesNotMatch(String((await upstream.request(0)).body), /stream_options/)
})

test('B17: the same request is the same bytes each time, passed and translated', async t => {
  const { gateway, upstream } = await setUp(t, [ANSWERS])
  const tools = [{ name: 'w', description: 'd', input_schema: { type: 'object', properties: { b: {}, a: {} } } }]
  for (const [path, body] of [
    [CHAT, asked({ tools: [{ type: 'function', function: { name: 'w', parameters: {} } }] })],
    [MESSAGES, askedMessage({ system: 'Be brief', tools })],
  ] as const) {
    const from = upstream.requests.length
    for (let turn = 0; turn < 3; turn += 1) t.assert.equal((await gateway.post(path, body)).status, 200)
    const sent = upstream.requests.slice(from).map(request => String(request.body))
    t.assert.equal(new Set(sent).size, 1, path)
    const heads = upstream.requests.slice(from).map(({ rawHeaders }) => rawHeaders.join('\n'))
    t.assert.equal(new Set(heads).size, 1, 'and the same headers')
  }
})
