import { type TestContext, test } from 'node:test'
import { whole } from '../upstream.ts'
import { completion } from './frames.ts'
import { asked, askedMessage, CHAT, MESSAGES, setUp } from './setup.ts'

/** As some servers write JSON. */
function marked(json: object): string {
  return `\uFEFF${JSON.stringify(json)}`
}

const REFUSAL = { error: { message: 'no such thing', type: 'invalid_request_error', param: 'x', code: null } }

test('an answer behind a byte order mark is passed on as it came, and metered', async (t: TestContext) => {
  const { gateway } = await setUp(t, [whole(marked(completion('Hé')))])
  const response = await gateway.post(CHAT, asked())
  t.assert.equal(response.status, 200)
  t.assert.equal(Buffer.from(await response.arrayBuffer()).toString(), marked(completion('Hé')))
  const { inputTokens, outputTokens, lane } = await gateway.ended(1)
  t.assert.deepEqual([inputTokens, outputTokens, lane], [7, 5, 'pass'])
})

test('an answer behind a byte order mark is translated', async (t: TestContext) => {
  const { gateway } = await setUp(t, [whole(marked(completion('Hé')))])
  const response = await gateway.post(MESSAGES, askedMessage())
  t.assert.equal(response.status, 200)
  t.assert.match(await response.text(), /^\{.*"text":"Hé"/)
  t.assert.equal((await gateway.ended(1)).lane, 'translate')
})

for (const path of [CHAT, MESSAGES]) {
  test(`a refusal behind a byte order mark is read: ${path}`, async (t: TestContext) => {
    const { gateway } = await setUp(t, [whole(marked(REFUSAL), { status: 400 })])
    const response = await gateway.post(path, askedMessage())
    t.assert.equal(response.status, 400)
    t.assert.match(await response.text(), /no such thing/)
  })
}

test('so is an error in the guise of an answer, and another target answers', async (t: TestContext) => {
  const { gateway } = await setUp(t, [whole(marked({ error: { message: 'crashed' } })), whole(completion('second'))])
  t.assert.match(await (await gateway.post(CHAT, asked())).text(), /second/)
})
