import { type TestContext, test } from 'node:test'
import { Client } from '../journey/client.ts'
import { CHAT_USAGE, chatStream, completion, MESSAGE_START, OVERLOADED } from '../journey/frames.ts'
import { model, withModels } from '../journey/models.ts'
import { asked, type BenchOptions, CHAT } from '../journey/setup.ts'
import { CUT, reset, type Script, silence, stream, whole } from '../upstream.ts'

const ANSWERS = whole(completion('answered'))
const STREAMS = stream(chatStream('answered'))
const STREAM = asked({ stream: true })
const FILTERED = { index: 0, message: { role: 'assistant', content: '' }, finish_reason: 'content_filter' }
const QUICK: BenchOptions = { provider: [{ timeouts: { firstByte: '200ms', total: '200ms' } }] }

const about = (body: object) => Math.ceil(JSON.stringify(body).length / 4)
const estimated = (inputTokens: number, outputTokens: number) => ({ inputTokens, outputTokens, estimated: true })

/** What the first target does, and what the line of the request says is wasted. */
const ATTEMPTS: readonly (readonly [string, Script, object, object | undefined, BenchOptions?])[] = [
  ['a refusal', whole({ error: { message: 'no' } }, { status: 500 }), asked(), undefined],
  ['a limit', whole({ error: { message: 'no' } }, { status: 429 }), asked(), undefined],
  ['a vendor that hangs up', reset(), asked(), undefined],
  [
    'an error in the place of a stream',
    stream([MESSAGE_START, OVERLOADED]),
    STREAM,
    undefined,
    { types: ['anthropic'] },
  ],
  [
    'a stream that breaks before its content',
    stream([MESSAGE_START, CUT]),
    STREAM,
    estimated(7, 1),
    { types: ['anthropic'] },
  ],
  ['an answer that is too late', silence(), asked(), estimated(about(asked()), 0), QUICK],
  ['a stream that is too late', silence(), STREAM, estimated(about(STREAM), 0), QUICK],
  [
    'an answer that a filter has stopped',
    whole(completion('', { choices: [FILTERED] })),
    asked(),
    { inputTokens: CHAT_USAGE.prompt_tokens, outputTokens: CHAT_USAGE.completion_tokens },
  ],
]
for (const [name, script, body, wasted, options] of ATTEMPTS) {
  const says = wasted === undefined ? 'wastes no tokens' : 'wastes what the vendor may bill'
  test(`${name} ${says}, and the answer is not charged with it`, async (t: TestContext) => {
    const models = {
      chat: model('a', { degradeTo: ['other'], fallbacks: { contentFilter: ['other'] } }),
      other: model('b'),
    }
    const { gateway } = await withModels(t, [script, 'stream' in body ? STREAMS : ANSWERS], models, options)
    t.assert.match(await (await gateway.post(CHAT, body)).text(), /answered/)
    const line = await gateway.ended(1)
    t.assert.equal(line.attempts, 2)
    t.assert.deepEqual(line.wasted, wasted)
    if (!('stream' in body)) t.assert.equal(line.inputTokens, CHAT_USAGE.prompt_tokens)
  })
}

test('a call whose client has left wastes its prompt', async (t: TestContext) => {
  const { gateway, upstream } = await withModels(t, [silence()], { chat: model('a') })
  const client = new Client(gateway.url + CHAT, asked())
  await upstream.request(0)
  client.leave()
  t.assert.deepEqual((await gateway.ended(1)).wasted, estimated(about(asked()), 0))
})

test('of a stream that broke what its client was given is counted as wasted, since it is no answer', async (t: TestContext) => {
  const { gateway } = await withModels(t, [stream([...chatStream('Hello').slice(0, 2), CUT])], { chat: model('a') })
  await new Client(gateway.url + CHAT, STREAM).whole()
  const { inputTokens, outputTokens } = await gateway.ended(1)
  const metrics = await gateway.metrics()
  const wasted = (type: string) =>
    metrics.get(`sluice_wasted_tokens_total{provider="a",model="m",estimated="true",type="${type}"}`)
  t.assert.deepEqual([wasted('input'), wasted('output')], [inputTokens, outputTokens])
})
