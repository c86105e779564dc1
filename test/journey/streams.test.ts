import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { byteByByte, cutAt, stream, whole } from '../upstream.ts'
import { Client } from './client.ts'
import {
  CHAT_USAGE,
  chatStream,
  chatStreamWithUsage,
  chunk,
  completion,
  DONE,
  event,
  MESSAGE_START,
  messageStream,
  parsed,
  ROLE,
  textDelta,
} from './frames.ts'
import { asked, askedMessage, CHAT, MESSAGES, setUp } from './setup.ts'

const STREAM = asked({ stream: true })

/** The words of a stream of chat completion chunks. */
function wordsOf(text: string): string {
  return parsed(text)
    .map(({ json }) => (json.choices as { delta?: { content?: string } }[])[0]?.delta?.content ?? '')
    .join('')
}

for (const [name, lineBreak] of [
  ['LF', '\n'],
  ['CRLF', '\r\n'],
] as const) {
  test(`A1: ${name}: cut at any byte the client receives the same bytes`, async t => {
    const text = chatStream('Hé', 'llo').join('').replaceAll('\n', lineBreak)
    const { gateway, upstream } = await setUp(t, [stream([text])])
    for (let offset = 1; offset < Buffer.byteLength(text); offset += 1) {
      upstream.use(stream(cutAt(text, [offset])))
      const client = new Client(gateway.url + CHAT, STREAM)
      t.assert.equal(await client.whole(), text, `cut at ${offset}`)
    }
    t.assert.equal(
      gateway.logs.some(({ level }) => level >= 40),
      false,
    )
  })
}

test('A1: a last event without its blank line arrives as an event', async t => {
  const { gateway } = await setUp(t, [stream([chatStream('Hello').join('').trimEnd()])])
  const client = new Client(gateway.url + CHAT, STREAM)
  t.assert.equal(await client.whole(), chatStream('Hello').join(''))
  t.assert.equal((await gateway.ended(1)).failure, undefined)
})

test('A2: CJK and emoji one byte a chunk, in text and arguments, passed and translated', async t => {
  const text = '日本語、👩‍👩‍👧‍👦 한국어'
  const input = { 市: '東京🗼' }
  const pieces = byteByByte(
    [
      MESSAGE_START,
      event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
      textDelta(text),
      event('content_block_stop', { index: 0 }),
      event('content_block_start', { index: 1, content_block: { type: 'tool_use', id: 't1', name: 'w', input: {} } }),
      event('content_block_delta', {
        index: 1,
        delta: { type: 'input_json_delta', partial_json: JSON.stringify(input) },
      }),
      event('content_block_stop', { index: 1 }),
      event('message_delta', { delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 9 } }),
      event('message_stop'),
    ].join(''),
  )
  const { gateway } = await setUp(t, [stream(pieces)], { types: ['anthropic'] })
  const passed = await new Client(gateway.url + MESSAGES, askedMessage({ stream: true })).whole()
  t.assert.equal(passed, Buffer.concat(pieces).toString('utf8'))

  const translated = await new Client(gateway.url + CHAT, STREAM).whole()
  t.assert.equal(wordsOf(translated), text)
  const calls = parsed(translated).flatMap(
    ({ json }) =>
      (json.choices as { delta: { tool_calls?: { function: { arguments?: string } }[] } }[])[0]?.delta.tool_calls ?? [],
  )
  t.assert.deepEqual(JSON.parse(calls.map(call => call.function.arguments ?? '').join('')), input)
  t.assert.doesNotMatch(passed + translated, /\ufffd/)
})

test('A2: bytes that are no UTF-8 end the stream with an error event', async t => {
  const bad = Buffer.concat([Buffer.from('data: {"x":"'), Buffer.of(0xe2, 0x28), Buffer.from('"}\n\n')])
  const { gateway } = await setUp(t, [stream([ROLE, chunk({ content: 'so far' }), bad, DONE])])
  const text = await new Client(gateway.url + CHAT, STREAM).whole()
  t.assert.match(text, /so far/)
  t.assert.equal('error' in (parsed(text).at(-1)?.json ?? {}), true)
  t.assert.doesNotMatch(text, /\[DONE\]|\ufffd/)
})

test('A21: the head of a stream says that it must be neither cached nor buffered nor compressed', async t => {
  const { gateway } = await setUp(t, [stream(chatStream('x'))])
  const { status, headers } = await new Client(gateway.url + CHAT, STREAM, { 'accept-encoding': 'gzip, br' }).head()
  t.assert.equal(status, 200)
  t.assert.match(String(headers['content-type']), /^text\/event-stream\b/)
  t.assert.equal(headers['cache-control'], 'no-cache')
  t.assert.equal(headers['x-accel-buffering'], 'no')
  t.assert.equal(headers['content-length'], undefined)
  t.assert.equal(headers['content-encoding'], undefined)
  t.assert.equal(headers['x-sluice-target'], 'a/m')
})

test('A21: each event is passed on before the next one is there', async t => {
  const gates = Array.from({ length: 5 }, () => Promise.withResolvers<void>())
  async function* slowly(): AsyncGenerator<string> {
    yield ROLE
    for (const [index, gate] of gates.entries()) {
      yield chunk({ content: `word${index}` })
      await gate.promise
    }
    yield DONE
  }
  for (const [path, body, types] of [
    [CHAT, STREAM, ['openai-compatible']],
    [MESSAGES, askedMessage({ stream: true }), ['openai-compatible']],
  ] as const) {
    const { gateway } = await setUp(t, [stream(slowly())], { types })
    const client = new Client(gateway.url + path, body)
    for (const [index, gate] of gates.entries()) {
      await client.until(`word${index}`)
      gate.resolve()
    }
    await client.over()
  }
})

test('A22: gzip that we did not ask for is read, for the client and for usage', async t => {
  const headers = { 'content-encoding': 'gzip' }
  const streamed = chatStreamWithUsage('Hello').join('')
  const { gateway } = await setUp(t, [
    [whole(gzipSync(JSON.stringify(completion())), { headers }), stream([gzipSync(streamed)], { headers })],
  ])
  const answer = await gateway.post(CHAT, asked())
  t.assert.equal(answer.headers.get('content-encoding'), null)
  t.assert.deepEqual(await answer.json(), completion())
  const client = new Client(gateway.url + CHAT, asked({ stream: true, stream_options: { include_usage: true } }))
  t.assert.equal(await client.whole(), streamed)
  t.assert.equal((await client.head()).headers['content-encoding'], undefined)
  for (const count of [1, 2]) t.assert.equal((await gateway.ended(count)).outputTokens, CHAT_USAGE.completion_tokens)
})

test('A23: good events behind a malformed one still arrive where the bytes are passed', async t => {
  const pieces = [ROLE, chunk({ content: 'one' }), 'data: {"broken\n\n', chunk({ content: 'two' }), DONE]
  const { gateway } = await setUp(t, [stream(pieces)])
  t.assert.equal(await new Client(gateway.url + CHAT, STREAM).whole(), pieces.join(''))
  t.assert.equal((await gateway.ended(1)).estimated, true)
})

test('A23: so do those behind a malformed one that comes first', async t => {
  for (const [types, path, pieces] of [
    [['openai-compatible'], CHAT, ['data: {"broken\n\n', ...chatStream('one')]],
    [['anthropic'], MESSAGES, [textDelta('too early'), ...messageStream('one')]],
  ] as const) {
    const { gateway } = await setUp(t, [stream(pieces), stream(chatStream('other'))], { types })
    const client = new Client(gateway.url + path, askedMessage({ stream: true }))
    t.assert.equal(await client.whole(), pieces.join(''))
    t.assert.equal((await client.head()).headers['x-sluice-attempts'], '1')
    t.assert.equal((await gateway.ended(1)).estimated, true)
  }
})

test('A23: before any content of a translated stream it is a failed attempt', async t => {
  const { gateway } = await setUp(t, [stream([ROLE, 'data: {"broken\n\n']), stream(chatStream('second'))])
  const client = new Client(gateway.url + MESSAGES, askedMessage({ stream: true }))
  t.assert.match(await client.whole(), /second/)
  t.assert.equal((await client.head()).headers['x-sluice-attempts'], '2')
})

test('A11: a stream that ends without having begun is a failed attempt', async t => {
  const { gateway } = await setUp(t, [stream([DONE]), stream(chatStream('second'))])
  t.assert.match(await new Client(gateway.url + CHAT, STREAM).whole(), /second/)
})

test('A23: where they are translated a malformed event ends the stream with one error', async t => {
  const { gateway } = await setUp(t, [stream([ROLE, chunk({ content: 'one' }), 'data: {"broken\n\n', DONE])])
  const frames = parsed(await new Client(gateway.url + MESSAGES, askedMessage({ stream: true })).whole())
  t.assert.equal(frames.filter(frame => frame.event === 'error').length, 1)
  t.assert.equal(frames.at(-1)?.event, 'error')
})

test('A24: every event of every lane ends with a blank line', async t => {
  for (const types of [['openai-compatible'], ['anthropic']] as const) {
    const pieces = types[0] === 'anthropic' ? messageStream('Hello') : chatStream('Hello')
    const { gateway } = await setUp(t, [stream(pieces)], { types })
    for (const [path, body] of [
      [CHAT, STREAM],
      [MESSAGES, askedMessage({ stream: true })],
    ] as const) {
      const text = await new Client(gateway.url + path, body).whole()
      t.assert.match(text, /\n\n$/)
      for (const frame of text.split('\n\n').slice(0, -1)) t.assert.match(frame, /^(event: \w+\n)?data: .*$/)
    }
  }
})

test('A25: an event of 2 MB is passed whole, one over 16 MiB ends the stream with an error', async t => {
  const image = chunk({ content: 'x'.repeat(2 * 1024 * 1024) })
  async function* endless(): AsyncGenerator<string> {
    yield ROLE
    yield chunk({ content: 'small' })
    yield 'data: "'
    for (;;) yield 'x'.repeat(1024 * 1024)
  }
  const { gateway } = await setUp(t, [[stream([ROLE, image, DONE]), stream(endless())]])
  t.assert.equal(await new Client(gateway.url + CHAT, STREAM).whole(), ROLE + image + DONE)
  const text = await new Client(gateway.url + CHAT, STREAM).whole()
  t.assert.match(text, /small/)
  t.assert.match(JSON.stringify(parsed(text).at(-1)?.json), /error.*16777216/)
})

test('what is held before the first content has an end: a megabyte of it is shown', async t => {
  const released = Promise.withResolvers<void>()
  const chatter = Array.from({ length: 18 }, () => `: ${'x'.repeat(64 * 1024)}\n\n`)
  const { gateway } = await setUp(t, [stream([...chatter, released.promise, ...chatStream('x')])])
  const client = new Client(gateway.url + CHAT, STREAM)
  t.assert.equal((await client.head()).status, 200)
  released.resolve()
  t.assert.equal(await client.whole(), [...chatter, ...chatStream('x')].join(''))
})
