import { test } from 'node:test'
import { type Handler, type SeenRequest, startUpstream, stream, whole } from '../upstream.ts'
import { Client } from './client.ts'
import { completion, MESSAGE_DELTA, messageStream, parsed } from './frames.ts'
import { asked, askedMessage, CHAT, MESSAGES, setUp } from './setup.ts'

const CLAUDE = { types: ['anthropic'] } as const
const SCHEMA = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
}
const WISH = {
  response_format: { type: 'json_schema', json_schema: { name: 'place', strict: true, schema: SCHEMA } },
  tools: [{ type: 'function', function: { name: 'look_up', parameters: { type: 'object', properties: {} } } }],
}

/** An answer of the Messages API with this content. */
function message(content: readonly object[], reason = 'end_turn'): Handler {
  return whole({
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'm',
    content,
    stop_reason: reason,
    stop_sequence: null,
    usage: { input_tokens: 7, output_tokens: 5 },
  })
}

function jsonOf({ body }: SeenRequest): Record<string, unknown> {
  return JSON.parse(String(body)) as Record<string, unknown>
}

test('B26: a schema for the answer reaches Claude as one, and its JSON comes back bare, whole or in pieces', async t => {
  const { gateway, upstream } = await setUp(
    t,
    [[message([{ type: 'text', text: '{"city":"Rom"}' }]), stream(messageStream('{"city":', '"Rom"}'))]],
    CLAUDE,
  )
  const response = await gateway.post(CHAT, asked(WISH))
  const { choices } = (await response.json()) as { choices: { message: { content: string }; finish_reason: string }[] }
  t.assert.deepEqual([choices[0]?.message.content, choices[0]?.finish_reason], ['{"city":"Rom"}', 'stop'])
  const sent = jsonOf(await upstream.request(0))
  t.assert.deepEqual(sent.output_config, { format: { type: 'json_schema', schema: SCHEMA } })
  t.assert.equal((sent.tools as object[]).length, 1, 'no tool of ours stands in for the schema')

  const streamed = parsed(await new Client(gateway.url + CHAT, asked({ ...WISH, stream: true })).whole())
  const deltas = streamed.map(({ json }) => (json.choices as { delta?: { content?: string } }[])[0]?.delta?.content)
  t.assert.deepEqual(deltas.filter(Boolean), ['{"city":', '"Rom"}'])
})

test('B26: a tool call beside the schema is a tool call', async t => {
  const call = { type: 'tool_use', id: 'toolu_1', name: 'look_up', input: {} }
  const { gateway } = await setUp(t, [message([call], 'tool_use')], CLAUDE)
  const response = await gateway.post(CHAT, asked(WISH))
  const { choices } = (await response.json()) as { choices: { message: { tool_calls: object[] } }[] }
  t.assert.equal(choices[0]?.message.tool_calls.length, 1)
})

const IMAGES = ['png', 'jpeg', 'webp', 'gif'].map(kind => [`image/${kind}`, 'AAAA'] as const)

test('B27, E10: images reach Claude from a chat, in line or by an address that we never call', async t => {
  const elsewhere = await startUpstream(whole('image'))
  t.after(() => elsewhere.close())
  const { gateway, upstream } = await setUp(t, [message([])], CLAUDE)
  const urls = [...IMAGES.map(([type, data]) => `data:${type};base64,${data}`), `${elsewhere.url}/a.png`]
  const content = urls.map(url => ({ type: 'image_url', image_url: { url } }))
  t.assert.equal((await gateway.post(CHAT, asked({ messages: [{ role: 'user', content }] }))).status, 200)
  const [turn] = jsonOf(await upstream.request(0)).messages as { content: { source: object }[] }[]
  t.assert.deepEqual(
    turn?.content.map(({ source }) => source),
    [
      ...IMAGES.map(([type, data]) => ({ type: 'base64', media_type: type, data })),
      { type: 'url', url: `${elsewhere.url}/a.png` },
    ],
  )
  t.assert.equal(elsewhere.requests.length, 0)
})

test('B27: an image that is declared as another reaches Claude as what it is', async t => {
  const { gateway, upstream } = await setUp(t, [message([])], CLAUDE)
  const images = ['iVBORw0KGgoAAAA', '/9j/4AAQSkZJ', 'R0lGODlhAQAB', 'UklGRiQAAABXRUJQ', 'Qk0unknown']
  const content = images.map(data => ({ type: 'image_url', image_url: { url: `data:image/jpeg;base64,${data}` } }))
  await gateway.post(CHAT, asked({ messages: [{ role: 'user', content }] }))
  const [turn] = jsonOf(await upstream.request(0)).messages as { content: { source: { media_type: string } }[] }[]
  t.assert.deepEqual(
    turn?.content.map(({ source }) => source.media_type),
    ['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/jpeg'],
  )
})

test('B27, E10: and a chat model from a message, also out of the result of a tool', async t => {
  const elsewhere = await startUpstream(whole('image'))
  t.after(() => elsewhere.close())
  const { gateway, upstream } = await setUp(t, [whole(completion())])
  const inLine = { type: 'image', source: { type: 'base64', media_type: 'image/webp', data: 'AAAA' } }
  const linked = { type: 'image', source: { type: 'url', url: `${elsewhere.url}/a.png` } }
  const messages = [
    { role: 'user', content: [inLine, linked, { type: 'text', text: 'and the screen?' }] },
    { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'screen', input: {} }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: [inLine] }] },
  ]
  t.assert.equal((await gateway.post(MESSAGES, askedMessage({ messages }))).status, 200)
  const sent = JSON.stringify(jsonOf(await upstream.request(0)).messages)
  t.assert.equal(sent.split('data:image/webp;base64,AAAA').length - 1, 2)
  t.assert.equal(sent.includes(`${elsewhere.url}/a.png`), true)
  t.assert.equal(elsewhere.requests.length, 0)
})

test('B31: members, blocks and betas that we do not know reach Anthropic untouched', async t => {
  const { gateway, upstream } = await setUp(t, [stream([...messageStream('x').slice(0, -2), MESSAGE_DELTA])], CLAUDE)
  const body = askedMessage({
    model: 'a/m',
    stream: true,
    context_management: { edits: [{ type: 'clear_tool_uses_20250919' }] },
    messages: [{ role: 'user', content: [{ type: 'block_of_tomorrow', anything: [1] }] }],
  })
  const client = new Client(gateway.url + MESSAGES, body, { 'anthropic-beta': 'beta-of-tomorrow,context-1m' })
  await client.over()
  const seen = await upstream.request(0)
  t.assert.deepEqual(jsonOf(seen), { ...body, model: 'm' })
  t.assert.equal(seen.headers['anthropic-beta'], 'beta-of-tomorrow,context-1m')
})
