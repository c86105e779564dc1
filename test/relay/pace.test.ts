import { stat } from 'node:fs'
import { type TestContext, test } from 'node:test'
import type { JsonObject } from '../../src/call/json.ts'
import { dialectNamed } from '../../src/dialects/index.ts'
import { createProvider } from '../../src/providers/index.ts'
import { Envelope } from '../../src/relay/envelope.ts'
import { passageTo } from '../../src/relay/passage.ts'
import type { Steps } from '../../src/steps.ts'
import { asked, CHAT, setUp } from '../journey/setup.ts'
import { whole } from '../upstream.ts'

const LARGE = 'x'.repeat(2 ** 20)

function envelopeOf(content: string): Envelope {
  return new Envelope({
    body: Buffer.from(JSON.stringify(asked({ messages: [{ role: 'user', content }] }))),
    dialect: dialectNamed('openai-chat'),
    operation: 'chat',
    headers: {},
    query: '',
  })
}

/** Notes when each of two steps is done. */
function* steps(log: string[]): Steps<string> {
  log.push('first')
  yield
  log.push('second')
  return 'done'
}

function pausesOf(steps: Steps<unknown>): number {
  return [...steps].length
}

test('work on a small call is done at once', (t: TestContext) => {
  t.assert.equal(envelopeOf('small').pace(steps([])), 'done')
})

test('others have their turn before each step of work on a large one', async (t: TestContext) => {
  const log: string[] = []
  // Out of the handling of input, as bodies come: there an immediate would come ahead of the timer.
  const done = new Promise(resolve => {
    stat('.', () => {
      setTimeout(() => log.push('timer'), 1)
      const began = performance.now()
      while (performance.now() < began + 2);
      resolve(envelopeOf(LARGE).pace(steps(log)))
      const another = () => {
        log.push('another')
        if (!log.includes('second')) setImmediate(another)
      }
      setImmediate(another)
    })
  })
  t.assert.equal(await done, 'done')
  t.assert.deepEqual(log.slice(0, 5), ['another', 'timer', 'first', 'another', 'second'])
})

test('on the translate lane it is parsed, read, written and put into bytes in steps of their own', (t: TestContext) => {
  const anthropic = createProvider('anthropic', { name: 'anthropic' })
  const passage = passageTo(anthropic, dialectNamed('anthropic'), envelopeOf('small'), 'm')
  t.assert.equal(pausesOf(passage), 3)
})

test('on the pass lane nothing is done but the model put in place; a quirk of the vendor is applied in steps', (t: TestContext) => {
  const openai = dialectNamed('openai-chat')
  const plain = createProvider('openai-compatible', { name: 'v', baseUrl: 'http://127.0.0.1:1' })
  t.assert.equal(pausesOf(passageTo(plain, openai, envelopeOf('small'), 'm')), 0)
  const quirky = { ...plain, adjust: (body: JsonObject) => ({ ...body, odd: true }) }
  t.assert.equal(pausesOf(passageTo(quirky, openai, envelopeOf('small'), 'm')), 1)
})

test('what cannot be read, or not be said to the vendor, is told of a large call as of a small one', async (t: TestContext) => {
  const { gateway } = await setUp(t, [whole({})], { types: ['anthropic'] })
  for (const messages of [LARGE, [{ role: 'user', content: LARGE }, { role: 'nobody' }]]) {
    const response = await gateway.post(CHAT, asked({ messages }))
    t.assert.equal(response.status, 400)
    t.assert.match(await response.text(), /"SLUICE_REQUEST_INVALID"/)
  }
})
