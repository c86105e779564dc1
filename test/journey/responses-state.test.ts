import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import OpenAI from 'openai'
import type { JsonObject } from '../../src/call/json.ts'
import { type Handler, type SeenRequest, stream, whole } from '../upstream.ts'
import { type Bench, RESPONSES, setUp } from './setup.ts'

const KEYS = ['anna', 'ben'].map(name => ({ name, key: `key-of-caller-${name}` }))

function as(name: string): Record<string, string> {
  return { authorization: `Bearer key-of-caller-${name}` }
}

function client({ gateway }: Bench, name: string): OpenAI {
  return new OpenAI({ apiKey: `key-of-caller-${name}`, baseURL: `${gateway.url}/v1`, maxRetries: 0 })
}

function json({ body }: Pick<SeenRequest, 'body'>): JsonObject {
  return JSON.parse(body.toString('utf8')) as JsonObject
}

function response(id: string): object {
  const part = { type: 'output_text', text: 'Hi.', annotations: [], logprobs: [] }
  const item = { id: 'msg_1', type: 'message', role: 'assistant', status: 'completed', content: [part] }
  return { id, object: 'response', status: 'completed', model: 'm', output: [item], usage: null }
}

/** A vendor that keeps what it answers: each answer has the next id. */
function keeper(name: string): Handler {
  let count = 0
  return (request, answer) => {
    const stored = /\/responses\/([^/]+)/.exec(request.url)?.[1]
    if (request.method === 'DELETE') return whole({ id: stored ?? '', deleted: true })(request, answer)
    const id = stored ?? `resp_${name}_${count++}`
    if (stored !== undefined || json(request).stream !== true) return whole(response(id))(request, answer)
    const begun = { ...response(id), output: [], status: 'in_progress' }
    const at = { item_id: 'msg_1', output_index: 0, content_index: 0 }
    const item = { id: 'msg_1', type: 'message', role: 'assistant', status: 'in_progress', content: [] }
    const events = [
      { type: 'response.created', response: begun },
      { type: 'response.output_item.added', output_index: 0, item },
      { type: 'response.output_text.delta', ...at, delta: 'Hi.' },
      { type: 'response.completed', response: response(id) },
    ]
    return stream(events.map(event => `data: ${JSON.stringify(event)}\n\n`))(request, answer)
  }
}

/** Two vendors that keep responses, each with two keys. */
function keepers(t: TestContext, model: object = {}): Promise<Bench> {
  return setUp(t, [keeper('a'), keeper('b')], {
    types: ['openai', 'openai'],
    provider: { apiKeys: ['first', 'second'], apiKey: undefined },
    model: { strategy: 'weighted', ...model },
    config: { keys: KEYS },
  })
}

const ask = { model: 'chat', input: 'Hello' }

suite('a response that its vendor keeps', () => {
  for (const streamed of [false, true]) {
    test(`is gone on from at the same vendor with the same key, ${streamed ? 'streamed' : 'whole'}`, async t => {
      const bench = await keepers(t)
      for (let round = 0; round < 4; round += 1) {
        const first = await bench.gateway.post(RESPONSES, { ...ask, stream: streamed }, as('anna'))
        const target = first.headers.get('x-sluice-target') ?? ''
        const id = /resp_\w+/.exec(await first.text())?.[0] ?? ''
        const upstream = bench.upstreams[target.startsWith('a/') ? 0 : 1]
        const shown = upstream?.requests.at(-1)?.headers.authorization
        for (let turn = 0; turn < 3; turn += 1) {
          const next = { ...ask, stream: streamed, previous_response_id: id }
          const answer = await bench.gateway.post(RESPONSES, next, as('anna'))
          await answer.text()
          assert.equal(answer.headers.get('x-sluice-target'), target)
          const seen = upstream?.requests.at(-1)
          assert.equal(seen?.headers.authorization, shown)
          assert.equal(json(seen as SeenRequest).previous_response_id, id)
        }
      }
    })
  }

  test('does not exist for another caller', async t => {
    const bench = await keepers(t)
    const { id } = await client(bench, 'anna').responses.create(ask)
    const before = bench.upstreams.map(({ requests }) => requests.length)
    const ben = client(bench, 'ben').responses
    await assert.rejects(ben.create({ ...ask, previous_response_id: id }), OpenAI.NotFoundError)
    await assert.rejects(ben.retrieve(id), OpenAI.NotFoundError)
    await assert.rejects(ben.delete(id), OpenAI.NotFoundError)
    await assert.rejects(ben.cancel(id), OpenAI.NotFoundError)
    assert.deepEqual(
      bench.upstreams.map(({ requests }) => requests.length),
      before,
    )
  })

  test('is never asked for elsewhere when its vendor fails', async t => {
    const bench = await keepers(t)
    const first = await bench.gateway.post(RESPONSES, ask, as('anna'))
    const { id } = (await first.json()) as { id: string }
    const [own, other] = first.headers.get('x-sluice-target')?.startsWith('a/') ? [0, 1] : [1, 0]
    bench.upstreams[own]?.use(whole({ error: { message: 'down' } }, { status: 500 }))
    const before = bench.upstreams[other]?.requests.length
    const answer = await bench.gateway.post(RESPONSES, { ...ask, previous_response_id: id }, as('anna'))
    assert.equal(answer.status, 500)
    assert.equal(bench.upstreams[other]?.requests.length, before)
  })

  test('is read, cancelled and deleted where it is kept, and is then gone', async t => {
    const bench = await keepers(t)
    const { responses } = client(bench, 'anna')
    const { id } = await responses.create(ask)
    const seen = () => bench.upstreams.flatMap(({ requests }) => requests).map(({ method, url }) => `${method} ${url}`)
    assert.equal((await responses.retrieve(id)).id, id)
    assert.equal((await responses.cancel(id)).id, id)
    await responses.delete(id)
    for (const line of [`GET ${RESPONSES}/${id}`, `POST ${RESPONSES}/${id}/cancel`, `DELETE ${RESPONSES}/${id}`]) {
      assert.ok(seen().includes(line), line)
    }
    await assert.rejects(responses.retrieve(id), OpenAI.NotFoundError)
    await assert.rejects(responses.create({ ...ask, previous_response_id: id }), OpenAI.NotFoundError)
  })

  test('is read with what the query asks for, and without what is not for the vendor', async t => {
    const bench = await keepers(t)
    const { id } = await client(bench, 'anna').responses.create(ask)
    const about = `${bench.gateway.url}${RESPONSES}/${id}`
    await fetch(`${about}?include[]=reasoning.encrypted_content&include[]=x&key=secret`, { headers: as('anna') })
    await fetch(`${about}/input_items?limit=2&order=asc&after=msg_0`, { headers: as('anna') })
    assert.equal((await fetch(`${about}?stream=true`, { headers: as('anna') })).status, 400)
    const asked = bench.upstreams.flatMap(({ requests }) => requests).map(({ url }) => url)
    assert.deepEqual(asked.slice(1), [
      `${RESPONSES}/${id}?include%5B%5D=reasoning.encrypted_content&include%5B%5D=x`,
      `${RESPONSES}/${id}/input_items?limit=2&order=asc&after=msg_0`,
    ])
  })

  for (const streamed of [false, true]) {
    for (const type of ['item_reference', undefined]) {
      test(`${streamed ? 'streamed' : 'whole'}: its items can be named by their ids (${type ?? 'without a type'}), by nobody else`, async t => {
        const bench = await keepers(t)
        const first = await bench.gateway.post(RESPONSES, { ...ask, stream: streamed }, as('anna'))
        await first.text()
        const next = {
          ...ask,
          input: [
            { type, id: 'msg_1' },
            { role: 'user', content: 'And then?' },
          ],
        }
        const own = await bench.gateway.post(RESPONSES, next, as('anna'))
        assert.equal(own.status, 200)
        assert.equal(own.headers.get('x-sluice-target'), first.headers.get('x-sluice-target'))
        const others = await bench.gateway.post(RESPONSES, next, as('ben'))
        assert.equal(others.status, 404)
        assert.equal(((await others.json()) as { error: JsonObject }).error.param, 'input.0')
        const escaped = JSON.stringify(next).replaceAll('"id"', '"\\u0069d"').replace('item_ref', '\\u0069tem_ref')
        const hidden = await fetch(bench.gateway.url + RESPONSES, {
          method: 'POST',
          headers: { ...as('ben'), 'content-type': 'application/json' },
          body: escaped,
        })
        assert.equal(hidden.status, 404)
      })
    }
  }

  test("of a conversation that the vendor keeps is nobody's who has a key", async t => {
    const bench = await keepers(t)
    for (const conversation of ['conv_1', { id: 'conv_1' }]) {
      const answer = await bench.gateway.post(RESPONSES, { ...ask, conversation }, as('anna'))
      assert.equal(answer.status, 404)
      assert.equal(((await answer.json()) as { error: JsonObject }).error.param, 'conversation')
    }
    assert.equal((await bench.gateway.post(RESPONSES, { ...ask, conversation: null }, as('anna'))).status, 200)
  })

  for (const [name, headers, cache] of [
    ['a repeated request', { 'idempotency-key': 'once' }, undefined],
    ['a model whose answers are kept', {}, { ttl: '1m' }],
  ] as const) {
    test(`is gone on from where it answered ${name}`, async t => {
      const bench = await keepers(t, { ...(cache && { cache }) })
      const given = await bench.gateway.post(RESPONSES, ask, { ...as('anna'), ...headers })
      const { id } = (await given.json()) as { id: string }
      const next = await bench.gateway.post(RESPONSES, { ...ask, previous_response_id: id }, as('anna'))
      assert.equal(next.status, 200)
    })
  }

  test('is no longer read for a client that has left', async t => {
    const bench = await keepers(t)
    const { id } = await client(bench, 'anna').responses.create(ask)
    const kept = bench.upstreams.find(({ requests }) => requests.length > 0)
    kept?.use(() => {})
    const leaving = new AbortController()
    const reading = fetch(`${bench.gateway.url}${RESPONSES}/${id}`, { headers: as('anna'), signal: leaving.signal })
    const seen = await kept?.request(1)
    leaving.abort()
    await assert.rejects(reading)
    assert.equal(await seen?.over, 'cut')
    assert.equal((await bench.gateway.ended(2)).status, 499)
  })

  test('whose id is a broken string is asked for by nobody', async t => {
    const bench = await keepers(t)
    const broken = '{"model":"chat","input":"Hello","previous_response_id":"\\x"}'
    const answer = await bench.gateway.post(RESPONSES, broken, as('anna'))
    assert.equal(answer.status, 400)
  })

  test('is not remembered where the caller wants nothing kept', async t => {
    const bench = await keepers(t)
    const { responses } = client(bench, 'anna')
    const { id } = await responses.create({ ...ask, store: false })
    await assert.rejects(responses.create({ ...ask, previous_response_id: id }), OpenAI.NotFoundError)
  })

  test('is refused by name with a model that does not lead to who keeps it', async t => {
    const bench = await keepers(t)
    const first = await bench.gateway.post(RESPONSES, { ...ask, model: 'a/m' }, as('anna'))
    const { id } = (await first.json()) as { id: string }
    const next = { ...ask, model: 'b/m', previous_response_id: id }
    const answer = await bench.gateway.post(RESPONSES, next, as('anna'))
    assert.equal(answer.status, 400)
    assert.equal(((await answer.json()) as { error: JsonObject }).error.param, 'previous_response_id')
  })

  test('whose gateway was started anew is left to the vendor where there is only one caller', async t => {
    const bench = await setUp(t, [keeper('a')], { types: ['openai'] })
    const answer = await bench.gateway.post(RESPONSES, { ...ask, previous_response_id: 'resp_before' })
    assert.equal(answer.status, 200)
    assert.equal(json(await bench.upstream.request(0)).previous_response_id, 'resp_before')
  })
})

/** A vendor of chats, which keeps nothing; it counts its answers. */
function chatter(): Handler {
  let count = 0
  return (request, answer) => {
    count += 1
    const id = `chatcmpl-${count}`
    const base = { id, created: 1, model: 'm' }
    if (json(request).stream !== true) {
      const message = { role: 'assistant', content: `Answer ${count}` }
      const choices = [{ index: 0, message, finish_reason: 'stop' }]
      return whole({ ...base, object: 'chat.completion', choices })(request, answer)
    }
    const chunks = [
      { ...base, choices: [{ index: 0, delta: { content: `Answer ${count}` }, finish_reason: null }] },
      { ...base, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
    ]
    return stream([...chunks.map(chunk => `data: ${JSON.stringify(chunk)}\n\n`), 'data: [DONE]\n\n'])(request, answer)
  }
}

suite('a response that the gateway keeps', () => {
  const options = { config: { keys: KEYS, responses: { state: true } } }

  test('is gone on from with all that was said, streamed and not, without its instructions', async t => {
    const bench = await setUp(t, [chatter()], options)
    const { responses } = client(bench, 'anna')
    const first = await responses.create({ ...ask, instructions: 'Be brief.' })
    const second = responses.stream({ model: 'chat', input: 'And then?', previous_response_id: first.id })
    const { id } = await second.finalResponse()
    await responses.create({ ...ask, input: 'Last?', instructions: 'Be long.', previous_response_id: id })
    const said = json(await bench.upstream.request(2)).messages as unknown as { role: string; content: string }[]
    assert.deepEqual(
      said.map(({ role, content }) => `${role}: ${content}`),
      [
        'system: Be long.',
        'user: Hello',
        'assistant: Answer 1',
        'user: And then?',
        'assistant: Answer 2',
        'user: Last?',
      ],
    )
  })

  test("is read and deleted here, and is nobody else's", async t => {
    const bench = await setUp(t, [chatter()], options)
    const { responses } = client(bench, 'anna')
    const { id } = await responses.create(ask)
    assert.equal((await responses.retrieve(id)).output_text, 'Answer 1')
    await assert.rejects(client(bench, 'ben').responses.retrieve(id), OpenAI.NotFoundError)
    await assert.rejects(responses.cancel(id), OpenAI.BadRequestError)
    await responses.delete(id)
    await assert.rejects(responses.create({ ...ask, previous_response_id: id }), OpenAI.NotFoundError)
    assert.equal(bench.upstream.requests.length, 1)
  })

  test('is not kept where the caller wants nothing kept, nor where the config does not say so', async t => {
    for (const [config, store] of [[options.config, false] as const, [{ keys: KEYS }, true] as const]) {
      const bench = await setUp(t, [chatter()], { config })
      const { responses } = client(bench, 'anna')
      const { id } = await responses.create({ ...ask, store })
      await assert.rejects(responses.create({ ...ask, previous_response_id: id }), OpenAI.NotFoundError)
    }
  })
})
