import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { startGateway } from '../helper.ts'
import { chatStream, completion } from '../journey/frames.ts'
import { asked, askedMessage, type Bench, CHAT, MESSAGES, setUp } from '../journey/setup.ts'
import { ROOT, readText } from '../source-tree.ts'
import { type Script, stream, whole } from '../upstream.ts'

const REDACT = join(ROOT, 'examples/extensions/redact-cards.ts')
/** The number with which everybody tests. */
const CARD = '4111 1111 1111 1111'

/** The paths of plugins that are given as their code or by their path. */
function pathsOf(t: TestContext, plugins: readonly string[]): string[] {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-plugins-'))
  t.after(() => rmSync(directory, { recursive: true }))
  return plugins.map((plugin, index) => {
    if (plugin.startsWith('/')) return plugin
    const path = join(directory, `plugin-${index}.ts`)
    writeFileSync(path, plugin)
    return path
  })
}

/** A gateway with plugins. */
function withPlugins(
  t: TestContext,
  plugins: readonly string[],
  config: object = {},
  script: Script = whole(completion()),
): Promise<Bench> {
  return setUp(t, [script, script], {
    types: ['openai-compatible', 'anthropic'],
    config: { plugins: pathsOf(t, plugins), ...config },
  })
}

function prompt(content: unknown, members: object = {}): object {
  return askedMessage({ messages: [{ role: 'user', content }], ...members })
}

test('the example takes card numbers out of a prompt, whichever API the client and the vendor speak', async (t: TestContext) => {
  const { gateway, upstreams } = await withPlugins(t, [REDACT])
  for (const path of [CHAT, MESSAGES]) {
    for (const [index, model] of ['a/m', 'b/m'].entries()) {
      const before = upstreams[index]?.requests.length ?? 0
      await gateway.post(path, prompt(`Pay with ${CARD}, order 1234 5678 9012 3456!`, { model }))
      const body = String(upstreams[index]?.requests[before]?.body)
      t.assert.ok(body.includes('Pay with [card number], order 1234 5678 9012 3456!'), `${path} ${model}: ${body}`)
      t.assert.ok(!body.includes('4111'))
    }
  }
})

test('the example looks into parts, system prompts and tool results, and at cards as they are written', async (t: TestContext) => {
  const { gateway, upstream } = await withPlugins(t, [REDACT])
  const numbers = [
    '4111111111111111',
    '4111-1111-1111-1111',
    '5555 5555 5555 4444',
    '378282246310005',
    '\\u0034111111111111111',
  ]
  for (const number of numbers) {
    const body = `{"model": "a/m", "messages": [
      {"role": "system", "content": "It is ${number}."},
      {"role": "user", "content": [{"type": "text", "text": "Pay with ${number}"}]},
      {"role": "assistant", "content": null, "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}]},
      {"role": "tool", "tool_call_id": "c1", "content": "Found ${number}"}
    ]}`
    const response = await gateway.post(CHAT, body)
    t.assert.equal(response.status, 200)
    const sent = String(upstream.requests.at(-1)?.body)
    t.assert.equal(sent.match(/\[card number\]/g)?.length, 3, sent)
    t.assert.doesNotMatch(sent, /\d{4}[ -]?\d{4}/)
  }
})

test('a call in which there is nothing to change is passed on byte for byte', async (t: TestContext) => {
  const { gateway, upstream } = await withPlugins(t, [REDACT])
  const body =
    '{"model":"a/m",  "seed": 12345678901234567890, "messages":[{"role":"user","content":"1234 5678 9012 3456"}], "new": 1.0}'
  await gateway.post(CHAT, body)
  t.assert.equal(upstream.requests[0]?.body.toString(), body.replace('a/m', 'm'))
  t.assert.equal((await gateway.ended(1)).lane, 'pass')
})

test('a changed call streams and reports its usage like any other', async (t: TestContext) => {
  const { gateway } = await withPlugins(t, [REDACT], {}, stream(chatStream('Hel', 'lo')))
  const response = await gateway.post(CHAT, prompt(CARD, { model: 'a/m', stream: true }))
  const text = await response.text()
  t.assert.match(text, /Hel/)
  t.assert.match(text, /data: \[DONE\]\n\n$/)
  t.assert.equal((await gateway.ended(1)).lane, 'translate')
})

test('routes without a call pass by the example', async (t: TestContext) => {
  const { gateway } = await withPlugins(t, [REDACT])
  t.assert.equal((await fetch(`${gateway.url}/v1/models`)).status, 200)
  t.assert.equal((await fetch(`${gateway.url}/nope`)).status, 404)
})

test('a plugin cannot change the model that was asked for, or whether it streams', async (t: TestContext) => {
  const plugin = `export default async app => {
    app.addHook('preHandler', async request => {
      if (request.call) request.call.replace({ ...request.call.decode(), model: 'b/secret', stream: true, maxTokens: 7 })
    })
  }`
  const keys = [{ name: 'caller', key: 'key-of-the-caller-1', models: ['a/m'] }]
  const { gateway, upstreams } = await withPlugins(t, [plugin], { keys })
  const response = await gateway.post(CHAT, asked({ model: 'a/m' }), { 'x-api-key': 'key-of-the-caller-1' })
  t.assert.equal(response.status, 200)
  const sent = JSON.parse(String(upstreams[0]?.requests[0]?.body)) as Record<string, unknown>
  t.assert.deepEqual([sent.model, sent.stream], ['m', undefined])
  t.assert.ok(JSON.stringify(sent).includes('7'))
  t.assert.equal(upstreams[1]?.requests.length, 0)
})

const APPENDING = (word: string) => `export default async app => {
  app.addHook('preHandler', async ({ call }) => {
    const asked = call.decode()
    const turns = asked.turns.map(turn => ({ ...turn, blocks: turn.blocks.map(block => ({ ...block, text: block.text + '${word}' })) }))
    call.replace({ ...asked, turns })
  })
}`

test('plugins run in the order of the config, each on what the one before has made', async (t: TestContext) => {
  const { gateway, upstream } = await withPlugins(t, [APPENDING(' one'), APPENDING(' two')])
  await gateway.post(CHAT, asked({ model: 'a/m' }))
  t.assert.match(String(upstream.requests[0]?.body), /"Hello one two"/)
})

test('an answer is cached by what was asked after the plugins, so that two prompts that become one share it', async (t: TestContext) => {
  const bench = await withPlugins(t, [REDACT], {
    models: { chat: { targets: [{ provider: 'a', model: 'm' }], cache: { ttl: '1m' } } },
  })
  const said: (string | null)[] = []
  for (const card of [CARD, '5555 5555 5555 4444', CARD]) {
    const response = await bench.gateway.post(CHAT, prompt(`Pay with ${card}`))
    said.push(response.headers.get('x-sluice-cache'))
  }
  t.assert.deepEqual(said, ['miss', 'hit', 'hit'])
})

test('a plugin sees a caller whose key is known, and refuses in the dialect of the client', async (t: TestContext) => {
  const plugin = `export default async app => {
    app.addHook('preHandler', async (request, reply) => {
      request.refundRequest()
      const fault = { kind: 'forbidden', status: 403, message: 'Not on Sundays, ' + request.caller.name + '.', code: 'CLOSED' }
      const { status, body } = request.dialect.writeError(fault)
      return reply.code(status).send(body)
    })
  }`
  const keys = [{ name: 'caller', key: 'key-of-the-caller-1', limits: { requestsPerMinute: 1 } }]
  const { gateway, upstream } = await withPlugins(t, [plugin], { keys })
  const headers = { authorization: 'Bearer key-of-the-caller-1' }
  t.assert.equal((await gateway.post(CHAT, asked())).status, 401)
  const chat = await gateway.post(CHAT, asked(), headers)
  t.assert.equal(chat.status, 403)
  t.assert.deepEqual(await chat.json(), {
    error: { message: 'Not on Sundays, caller.', type: 'permission_error', param: null, code: 'CLOSED' },
  })
  const message = await gateway.post(MESSAGES, askedMessage(), headers)
  t.assert.equal(message.status, 403)
  t.assert.equal(((await message.json()) as { type: string }).type, 'error')
  t.assert.equal(upstream.requests.length, 0)
})

test('what a plugin throws is a 500 that says nothing of it, and stands in the log', async (t: TestContext) => {
  const plugin = `export default async app => {
    app.addHook('preHandler', async () => { throw new Error('canary: no connection to 10.1.2.3:5432') })
  }`
  const { gateway } = await withPlugins(t, [plugin])
  for (const path of [CHAT, MESSAGES]) {
    const response = await gateway.post(path, askedMessage())
    t.assert.equal(response.status, 500)
    const text = await response.text()
    t.assert.match(text, /SLUICE_INTERNAL/)
    t.assert.doesNotMatch(text, /canary|10\.1\.2\.3/)
  }
  const line = await gateway.logged(({ level }) => level === 50)
  t.assert.match(JSON.stringify(line), /canary/)
})

test("a call that cannot be read is refused when a plugin opens it, in the words of the client's API", async (t: TestContext) => {
  const { gateway } = await withPlugins(t, [REDACT])
  const response = await gateway.post(MESSAGES, { model: 'a/m', max_tokens: 9, messages: 'Hello' })
  t.assert.equal(response.status, 400)
  t.assert.match(await response.text(), /messages must be an array/)
})

for (const [plugin, message] of [
  ['const x: = 3\n', /^plugin \S+plugin-0\.ts: /],
  ['export const x = 3\n', /^plugin \S+plugin-0\.ts: it does not export a Fastify plugin as its default$/],
  ["export default async () => { throw new Error('no such table') }\n", /^plugin \S+plugin-0\.ts: no such table$/],
] as const) {
  test(`a plugin that cannot be used keeps the gateway from being built, and is named: ${plugin}`, async (t: TestContext) => {
    const config = { providers: { sim: {} }, plugins: pathsOf(t, [plugin]) }
    await t.assert.rejects(startGateway(config), { message })
  })
}

test('the page about plugins shows the members that there are, and the package has their types', async (t: TestContext) => {
  const page = readText('docs/plugins.md')
  const plugins = [...readText('sluice.d.ts').matchAll(/^import '\.\/dist\/(plugins\/\S+)\.js'$/gm)]
  const declared = plugins.map(([, path]) => readText(`${path}.ts`)).join('\n')
  const named = [...page.matchAll(/^\| `request\.(\w+)/gm)].map(([, member = '']) => member)
  t.assert.ok(named.length >= 8)
  for (const member of named) t.assert.match(declared, new RegExp(`\\b${member}\\b.*[:(]`), member)
})
