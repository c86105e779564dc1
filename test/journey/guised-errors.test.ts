import { test } from 'node:test'
import { stream, whole } from '../upstream.ts'
import { Client } from './client.ts'
import { chatStream, completion } from './frames.ts'
import { asked, askedMessage, attemptsOf, CHAT, MESSAGES, setUp } from './setup.ts'

const CRASHED = { error: { message: 'the model crashed', type: 'server_error', code: null } }
const OVERLOADED = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }
const ANSWERS = whole(completion('second'))

for (const [name, error, type, path, status] of [
  ['OpenAI, passed', CRASHED, 'openai-compatible', CHAT, 502],
  ['OpenAI, a bare text', { error: 'crashed' }, 'openai-compatible', CHAT, 502],
  ['OpenAI, translated', CRASHED, 'openai-compatible', MESSAGES, 502],
  ['Anthropic, passed', OVERLOADED, 'anthropic', MESSAGES, 529],
  ['Anthropic, translated', OVERLOADED, 'anthropic', CHAT, 529],
] as const) {
  test(`A11: ${name}: an error under a 200 is a failed attempt`, async t => {
    const { gateway } = await setUp(t, [whole(error), ANSWERS], { types: [type] })
    const response = await gateway.post(path, askedMessage())
    t.assert.equal(response.status, 200)
    t.assert.equal(response.headers.get('x-sluice-target'), 'b/m')
    t.assert.match(await response.text(), /second/)
    await gateway.ended(1)
    t.assert.equal(await attemptsOf(gateway, 'a', 'ok'), 0)
  })

  test(`A11: ${name}: if all fail so, it is an error with a status in the words of the client`, async t => {
    const { gateway } = await setUp(t, [whole(error), whole(error)], { types: [type, type] })
    const response = await gateway.post(path, askedMessage())
    t.assert.equal(response.status, status)
    const json = (await response.json()) as { type?: string; error: unknown }
    t.assert.equal(json.type, path === MESSAGES ? 'error' : undefined)
    t.assert.match(JSON.stringify(json.error), /crashed|Overloaded/)
    t.assert.match(String((await gateway.ended(1)).tried), /status 200/)
  })
}

test('A11: so is one that comes in the place of a stream', async t => {
  const { gateway } = await setUp(t, [whole(CRASHED), stream(chatStream('second'))])
  t.assert.match(await new Client(gateway.url + CHAT, asked({ stream: true })).whole(), /second/)
  const { tried } = await gateway.ended(1)
  t.assert.match(String(tried), /^a\/m: \w+ \(status 200\)/)
})

test('C4: a limit that is told under a 200 rests the target', async t => {
  const limited = whole({ error: { message: 'slow down', code: 'rate_limit_exceeded' } })
  const { gateway, upstreams } = await setUp(t, [limited, ANSWERS])
  for (let turn = 0; turn < 3; turn += 1) t.assert.equal((await gateway.post(CHAT, asked())).status, 200)
  t.assert.deepEqual(
    upstreams.map(({ requests }) => requests.length),
    [1, 3],
  )
})

for (const [id, error] of [
  ['C4: a limit', { message: 'slow down', code: 'rate_limit_exceeded' }],
  ['C2: a refused key', { message: 'No auth credentials found', code: 401 }],
] as const) {
  test(`${id} that is told as the first event of a stream rests, so that the next one is asked at once`, async t => {
    const refusing = stream([`data: ${JSON.stringify({ error })}\n\n`])
    const { gateway, upstreams } = await setUp(t, [refusing, stream(chatStream('second'))])
    for (let turn = 0; turn < 3; turn += 1)
      t.assert.match(await new Client(gateway.url + CHAT, asked({ stream: true })).whole(), /second/)
    t.assert.deepEqual(
      upstreams.map(({ requests }) => requests.length),
      [1, 3],
    )
  })
}

test("C1: the request's own fault is told at once, with the status that belongs to it", async t => {
  const invalid = whole({ error: { message: 'too long', code: 'context_length_exceeded' } })
  const { gateway, upstreams } = await setUp(t, [invalid, ANSWERS])
  const response = await gateway.post(CHAT, asked())
  t.assert.equal(response.status, 400)
  t.assert.equal(upstreams[1]?.requests.length, 0)
})

test('an answer whose error is null is an answer', async t => {
  const { gateway } = await setUp(t, [whole(completion('first', { error: null }))])
  const response = await gateway.post(CHAT, asked())
  t.assert.equal(response.status, 200)
  t.assert.match(await response.text(), /first/)
})
