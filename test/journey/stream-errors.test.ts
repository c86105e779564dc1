import { test } from 'node:test'
import { CUT, type Piece, RESET, stream, whole } from '../upstream.ts'
import { Client } from './client.ts'
import {
  BLOCK_START,
  chatStream,
  chunk,
  completion,
  DONE,
  data,
  FINISH,
  MESSAGE_START,
  messageStream,
  OVERLOADED,
  parsed,
  ROLE,
  textDelta,
} from './frames.ts'
import { asked, askedMessage, attemptsOf, breakerOf, CHAT, MESSAGES, setUp } from './setup.ts'

const STREAM = asked({ stream: true })
const MESSAGE_STREAM = askedMessage({ stream: true })
const ERROR = data({ error: { message: 'the model crashed', type: 'server_error', code: null } })

function refusal(status: number) {
  return whole({ error: { message: 'no', type: 'x', code: null, param: null } }, { status })
}

for (const [status, path, body] of [
  [400, CHAT, STREAM],
  [429, CHAT, STREAM],
  [500, CHAT, STREAM],
  [503, CHAT, STREAM],
  [400, MESSAGES, MESSAGE_STREAM],
  [429, MESSAGES, MESSAGE_STREAM],
  [500, MESSAGES, MESSAGE_STREAM],
] as const) {
  test(`A10: a vendor's ${status} to a stream is a ${status} in JSON, not a stream: ${path}`, async t => {
    const { gateway } = await setUp(t, [refusal(status)])
    const response = await gateway.post(path, body)
    t.assert.equal(response.status, status)
    t.assert.match(String(response.headers.get('content-type')), /^application\/json/)
    t.assert.equal(((await response.json()) as { error: { message: string } }).error.message, 'no')
  })
}

for (const [name, pieces, types, path, body] of [
  ['OpenAI, passed', [ERROR], ['openai-compatible'], CHAT, STREAM],
  ['OpenAI after its opening chunk', [ROLE, ERROR], ['openai-compatible'], CHAT, STREAM],
  ['OpenAI, translated', [ROLE, ERROR], ['openai-compatible'], MESSAGES, MESSAGE_STREAM],
  ['Anthropic, passed', [MESSAGE_START, OVERLOADED], ['anthropic'], MESSAGES, MESSAGE_STREAM],
  ['Anthropic after a block began', [MESSAGE_START, BLOCK_START, OVERLOADED], ['anthropic'], MESSAGES, MESSAGE_STREAM],
  ['Anthropic, translated', [OVERLOADED], ['anthropic'], CHAT, STREAM],
] as const) {
  test(`A11: ${name}: an error before any content is a failed attempt`, async t => {
    const good = types[0] === 'anthropic' ? messageStream('second') : chatStream('second')
    const { gateway } = await setUp(t, [stream(pieces), stream(good)], { types: [types[0], types[0]] })
    const client = new Client(gateway.url + path, body)
    const { status, headers } = await client.head()
    t.assert.equal(status, 200)
    t.assert.equal(headers['x-sluice-target'], 'b/m')
    t.assert.equal(headers['x-sluice-attempts'], '2')
    t.assert.match(await client.whole(), /second/)
    t.assert.doesNotMatch(client.text, /error/)
  })

  test(`A11: ${name}: if all fail so, it is an error with a status`, async t => {
    const { gateway } = await setUp(t, [stream(pieces), stream(pieces)], { types: [types[0], types[0]] })
    const response = await gateway.post(path, body)
    t.assert.equal(response.status >= 500, true, `status ${response.status}`)
    t.assert.match(String(response.headers.get('content-type')), /^application\/json/)
    const json = (await response.json()) as { type?: string; error: { message: string } }
    t.assert.equal(json.type, path === MESSAGES ? 'error' : undefined)
    t.assert.equal(json.error.message.length > 0, true)
  })
}

for (const [name, headers, seconds] of [
  ['for as long as its head says', { 'retry-after': '30' }, '30'],
  ['for a moment where it does not say for how long', {}, '1'],
] as const) {
  test(`C4, A11: a limit that is told in an error event rests the target ${name}`, async t => {
    const limit = data({ error: { message: 'slow down', type: 'rate_limit_error', code: 'rate_limit_exceeded' } })
    const { gateway, upstreams } = await setUp(t, [stream([ROLE, limit], { headers }), stream(chatStream('second'))])
    for (let turn = 0; turn < 2; turn += 1) t.assert.match(await (await gateway.post(CHAT, STREAM)).text(), /second/)
    t.assert.deepEqual(
      upstreams.map(({ requests }) => requests.length),
      [1, 2],
    )
    t.assert.equal(await breakerOf(gateway, 'a'), 0)
    const alone = await setUp(t, [stream([ROLE, limit], { headers })])
    const refused = await alone.gateway.post(CHAT, STREAM)
    t.assert.deepEqual([refused.status, refused.headers.get('retry-after')], [429, seconds])
  })
}

for (const [name, pieces, types] of [
  ['OpenAI', [ROLE, chunk({ content: 'so far' }), ERROR, FINISH, DONE], 'openai-compatible'],
  ['Anthropic', [...messageStream('so far').slice(0, 3), OVERLOADED, ...messageStream().slice(2)], 'anthropic'],
] as const) {
  test(`A12, C9: ${name}: an error behind content is told in the client's dialect and ends the stream`, async t => {
    const { gateway, upstreams } = await setUp(t, [stream(pieces), stream(chatStream('other'))], { types: [types] })
    const chat = await new Client(gateway.url + CHAT, STREAM).whole()
    t.assert.match(chat, /so far/)
    t.assert.equal('error' in (parsed(chat).at(-1)?.json ?? {}), true)
    t.assert.doesNotMatch(chat, /"finish_reason":"stop"|\[DONE\]|other/)

    const message = await new Client(gateway.url + MESSAGES, MESSAGE_STREAM).whole()
    t.assert.match(message, /so far/)
    const last = parsed(message).at(-1)
    t.assert.equal(last?.event, 'error')
    t.assert.equal(last?.json.type, 'error')
    t.assert.doesNotMatch(message, /message_stop|end_turn/)

    t.assert.equal(upstreams[1]?.requests.length, 0, 'nothing of another model is spliced in')
    const failures = await Promise.all([gateway.ended(1), gateway.ended(2)])
    t.assert.deepEqual(
      failures.map(({ failure }) => failure !== undefined),
      [true, true],
    )
    t.assert.equal(await attemptsOf(gateway, 'a', 'ok'), 0)
  })
}

const SOME: readonly Piece[] = [ROLE, chunk({ content: 'so far' })]

for (const [name, ending] of [
  ['closed', CUT],
  ['reset', RESET],
] as const) {
  test(`A13: a socket that is ${name} within a stream is an error, never an end`, async t => {
    const { gateway, upstreams } = await setUp(t, [stream([...SOME, ending]), stream(chatStream('other'))], {
      provider: { breaker: { minimumCalls: 2 } },
    })
    const chat = await new Client(gateway.url + CHAT, STREAM).whole()
    t.assert.equal('error' in (parsed(chat).at(-1)?.json ?? {}), true)
    t.assert.doesNotMatch(chat, /\[DONE\]|finish_reason":"/)
    const message = parsed(await new Client(gateway.url + MESSAGES, MESSAGE_STREAM).whole())
    t.assert.equal(message.at(-1)?.event, 'error')

    const line = await gateway.ended(2)
    t.assert.equal(line.failure, 'network')
    t.assert.equal(line.estimated, true)
    t.assert.equal(Number(line.outputTokens) > 0, true)
    t.assert.equal(await breakerOf(gateway, 'a'), 2, 'the breaker heard of both')
    t.assert.equal(upstreams[1]?.requests.length, 0)
  })
}

test('what a vendor says in a stream that breaks is for the client, not for the log', async t => {
  const { gateway } = await setUp(t, [refusal(500), stream([...SOME, ERROR])])
  t.assert.match(await new Client(gateway.url + CHAT, STREAM).whole(), /the model crashed/)
  await gateway.ended(1)
  t.assert.doesNotMatch(JSON.stringify(gateway.logs), /the model crashed/)
})

test('A13: a stream that the vendor closes in good order, yet without an end, is an error', async t => {
  const { gateway } = await setUp(t, [stream(SOME as Iterable<Piece>)])
  const chat = await new Client(gateway.url + CHAT, STREAM).whole()
  t.assert.equal('error' in (parsed(chat).at(-1)?.json ?? {}), true)
  t.assert.equal((await gateway.ended(1)).failure, 'network')
})

test('A13: a message that is cut before its end is an error', async t => {
  const { gateway } = await setUp(t, [stream([MESSAGE_START, BLOCK_START, textDelta('so far'), CUT])], {
    types: ['anthropic'],
  })
  for (const [path, body] of [
    [CHAT, STREAM],
    [MESSAGES, MESSAGE_STREAM],
  ] as const) {
    const text = await new Client(gateway.url + path, body).whole()
    t.assert.match(text, /so far/)
    t.assert.equal('error' in (parsed(text).at(-1)?.json ?? {}), true)
    t.assert.doesNotMatch(text, /message_stop|\[DONE\]/)
  }
})

test('C8: a stream that dies before its content is answered by the next target', async t => {
  for (const pieces of [[CUT], [ROLE, CUT], [RESET], []] as Piece[][]) {
    const { gateway } = await setUp(t, [stream(pieces), stream(chatStream('second'))])
    const client = new Client(gateway.url + CHAT, STREAM)
    t.assert.match(await client.whole(), /second/)
    t.assert.equal((await client.head()).headers['x-sluice-attempts'], '2')
  }
})

test('a whole answer to a stream, and a stream to a whole call, are no answers', async t => {
  const { gateway } = await setUp(t, [[whole(completion()), stream(chatStream('x'))]])
  for (const body of [STREAM, asked()]) {
    const response = await gateway.post(CHAT, body)
    t.assert.equal(response.status, 502)
    t.assert.equal(((await response.json()) as { error: { code: string } }).error.code, 'SLUICE_UPSTREAM_ANSWER')
  }
})

test('an error in the words of Anthropic names the request, before a stream and within it', async t => {
  const { gateway } = await setUp(t, [[refusal(400), stream([...SOME, ERROR]), stream([...SOME, CUT])]])
  const said = []
  for (const id of ['id-1', 'id-2', 'id-3']) {
    const client = new Client(gateway.url + MESSAGES, MESSAGE_STREAM, { 'x-request-id': id })
    const text = await client.whole()
    const last = text.startsWith('{') ? JSON.parse(text) : parsed(text).at(-1)?.json
    said.push(last?.request_id)
  }
  t.assert.deepEqual(said, ['id-1', 'id-2', 'id-3'])
})
