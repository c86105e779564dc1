import { type TestContext, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { dialectNamed } from '../../src/dialects/index.ts'
import { Envelope } from '../../src/relay/envelope.ts'
import { inTurns } from '../../src/relay/in-turns.ts'
import type { Passage } from '../../src/relay/passage.ts'
import { asked, CHAT, setUp } from '../journey/setup.ts'
import { whole } from '../upstream.ts'

const PASSAGE = {} as Passage
const LARGE = 'x'.repeat(2 ** 20)

function envelopeOf(content: unknown): Envelope {
  return new Envelope({
    body: Buffer.from(JSON.stringify(asked({ messages: [{ role: 'user', content }] }))),
    dialect: dialectNamed('openai-chat'),
    operation: 'chat',
    headers: {},
    query: '',
  })
}

test('a call that is small, or passed on as it is, is prepared at once', (t: TestContext) => {
  t.assert.equal(
    inTurns(envelopeOf('small'), true, () => PASSAGE),
    PASSAGE,
  )
  t.assert.equal(
    inTurns(envelopeOf(LARGE), false, () => PASSAGE),
    PASSAGE,
  )
})

test('others have their turn before a large call is read, and before it is written', async (t: TestContext) => {
  const envelope = envelopeOf(LARGE)
  const steps: string[] = []
  const read = envelope.read.bind(envelope)
  envelope.read = () => {
    steps.push('read')
    return read()
  }
  const passage = inTurns(envelope, true, () => {
    steps.push('written')
    return PASSAGE
  })
  for (let turn = 0; turn < 3; turn += 1) {
    steps.push('another')
    await setImmediate()
  }
  t.assert.equal(await passage, PASSAGE)
  t.assert.deepEqual(steps.slice(0, 4), ['another', 'read', 'another', 'written'])
})

test('what cannot be read, or not be said to the vendor, is told of a large call as of a small one', async (t: TestContext) => {
  const { gateway } = await setUp(t, [whole({})], { types: ['anthropic'] })
  for (const messages of [LARGE, [{ role: 'user', content: LARGE }, { role: 'nobody' }]]) {
    const response = await gateway.post(CHAT, asked({ messages }))
    t.assert.equal(response.status, 400)
    t.assert.match(await response.text(), /"SLUICE_REQUEST_INVALID"/)
  }
})
