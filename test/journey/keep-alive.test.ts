import { type TestContext, test } from 'node:test'
import OpenAI from 'openai'
import { stream } from '../upstream.ts'
import { Client } from './client.ts'
import { BLOCK_START, chatStream, chunk, event, MESSAGE_START, messageStream, ROLE, textDelta } from './frames.ts'
import { asked, askedMessage, CHAT, MESSAGES, setUp } from './setup.ts'

const COMMENT = ': ping\n\n'
const PING = 'event: ping\ndata: {"type": "ping"}\n\n'
const STREAM = asked({ stream: true })
const PATIENT = { provider: { timeouts: { idle: '10m' } } }

/** Time passes for the gateway's deadlines where the test says so. */
function holdTime(t: TestContext): (seconds: number) => void {
  t.mock.timers.enable({ apis: ['setInterval'] })
  // The interval must not be left behind: a tick without entries ends it.
  t.after(() => t.mock.timers.tick(5_000))
  return seconds => t.mock.timers.tick(seconds * 1_000)
}

for (const [name, types, path, pieces, sign] of [
  ['OpenAI', 'openai-compatible', CHAT, chatStream('one', 'two'), COMMENT],
  ['Anthropic', 'anthropic', MESSAGES, messageStream('one', 'two'), PING],
] as const) {
  const said = pieces.findIndex(piece => piece.includes('two'))

  test(`A17, A19: ${name}: a client that waits hears from us every fifteen seconds, between events and not behind the last`, async t => {
    const released = Promise.withResolvers<void>()
    const script = [...pieces.slice(0, said), released.promise, ...pieces.slice(said)]
    const { gateway } = await setUp(t, [stream(script)], { types: [types], ...PATIENT })
    const pass = holdTime(t)
    const client = new Client(gateway.url + path, askedMessage({ stream: true }))
    await client.until('one')
    pass(14)
    t.assert.doesNotMatch(client.text, /ping/)
    for (let turn = 0; turn < 47; turn += 1) pass(1)
    released.resolve()
    const text = await client.whole()
    pass(60)
    t.assert.equal(text, [...pieces.slice(0, said), sign.repeat(4), ...pieces.slice(said)].join(''))
  })
}

test('A17: pings of the vendor are passed on, and ours are saved where they come often enough', async t => {
  const gates = Array.from({ length: 6 }, () => Promise.withResolvers<void>())
  const ping = event('ping')
  async function* pieces(): AsyncGenerator<string> {
    yield* [MESSAGE_START, BLOCK_START, textDelta('one')]
    for (const [index, gate] of gates.entries()) {
      await gate.promise
      yield ping + textDelta(`${index};`)
    }
    yield* messageStream().slice(2)
  }
  const { gateway } = await setUp(t, [stream(pieces())], { types: ['anthropic'], ...PATIENT })
  const pass = holdTime(t)
  const client = new Client(gateway.url + MESSAGES, askedMessage({ stream: true }))
  await client.until('one')
  for (const [index, gate] of gates.entries()) {
    pass(12)
    gate.resolve()
    await client.until(`${index};`)
  }
  const text = await client.whole()
  t.assert.equal(text.split(ping).length - 1, gates.length)
  t.assert.equal(text.includes(PING), false)
})

test('A18: a stream of which nothing can be told to the client keeps it alive all the same', async t => {
  const gates = Array.from({ length: 20 }, () => Promise.withResolvers<void>())
  async function* pieces(): AsyncGenerator<string> {
    yield* [MESSAGE_START, BLOCK_START, textDelta('one')]
    for (const gate of gates) {
      yield event('ping') + event('something_new', { index: 0 })
      await gate.promise
    }
    yield* messageStream('two').slice(2)
  }
  const { gateway } = await setUp(t, [stream(pieces())], { types: ['anthropic'] })
  const pass = holdTime(t)
  const client = new Client(gateway.url + CHAT, STREAM)
  await client.until('one')
  for (const gate of gates) {
    pass(10)
    gate.resolve()
    // Until the vendor's next events are here, its silence goes on.
    for (let turn = 0; turn < 20; turn += 1) await new Promise(resolve => setImmediate(resolve))
  }
  const text = await client.whole()
  t.assert.equal(text.split(COMMENT).length - 1, 13)
  t.assert.match(text, /two/)
})

test("A19: OpenAI's SDK reads a stream with our comments in it as if they were not there", async t => {
  const released = Promise.withResolvers<void>()
  const script = [ROLE, chunk({ content: 'one' }), released.promise, ...chatStream('two').slice(1)]
  const { gateway } = await setUp(t, [stream(script)], PATIENT)
  const pass = holdTime(t)
  const openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'none' })
  const answer = await openai.chat.completions.create({
    model: 'chat',
    messages: [{ role: 'user', content: 'Hello' }],
    stream: true,
  })
  const words: unknown[] = []
  for await (const { choices } of answer) {
    const { content } = choices[0]?.delta ?? {}
    words.push(content)
    if (content !== 'one') continue
    for (let turn = 0; turn < 4; turn += 1) pass(16)
    released.resolve()
  }
  t.assert.deepEqual(words, ['', 'one', 'two', undefined])
})
