import { suite, type TestContext, test } from 'node:test'
import type { JsonObject } from '../../src/call/json.ts'
import { type Handler, silence, whole } from '../upstream.ts'
import { completion } from './frames.ts'
import { model, timesAsked, withModels } from './models.ts'
import { type Bench, type BenchOptions, RESPONSES } from './setup.ts'

const CRASH = whole({ error: { message: 'crashed', type: 'server_error' } }, { status: 500 })
const CHATS = whole(completion('answered'))
const KEYS = [{ name: 'anna', key: 'key-of-caller-anna' }]
const OPENAI: BenchOptions = { types: ['openai', 'openai', 'vllm'], config: { keys: KEYS } }
/** Without keys an id that is not remembered may be from before a restart. */
const OPEN: BenchOptions = { types: ['openai', 'openai', 'vllm'] }
const FAILS_AT_ONCE = { provider: { breaker: { minimumCalls: 1 } } }
const STAND_IN = { chat: model('a', { degradeTo: ['small'] }), small: model('b') }

/** A vendor that keeps what it answers, unless it shall not, and goes on from nothing else; as OpenAI refuses that. */
function keeper(name: string, kept = new Set<unknown>()): Handler {
  return (request, answer) => {
    const { previous_response_id: previous, store } = JSON.parse(request.body.toString('utf8')) as JsonObject
    if (previous !== undefined && !kept.has(previous)) {
      const error = { message: 'Not found.', type: 'invalid_request_error', code: 'previous_response_not_found' }
      return whole({ error: { ...error, param: 'previous_response_id' } }, { status: 400 })(request, answer)
    }
    const id = `resp_${name}_${kept.size}`
    if (store !== false) kept.add(id)
    return whole({ id, object: 'response', status: 'completed', model: 'm', output: [] })(request, answer)
  }
}

interface Said {
  readonly id: string
  readonly error?: JsonObject
}

/** What a request was answered, and what headers tell of it. */
async function ask({ gateway }: Bench, previous?: string) {
  const goingOn = previous === undefined ? {} : { previous_response_id: previous }
  const body = { model: 'chat', input: 'Hello', ...goingOn }
  const { status, headers, ...response } = await responseOf(
    gateway.post(RESPONSES, body, { 'x-api-key': KEYS[0]?.key ?? '' }),
  )
  const told = (name: string) => headers.get(name)
  return { status, ...response, target: told('x-sluice-target'), degraded: told('x-sluice-degraded'), told }
}

async function responseOf(posted: Promise<Response>) {
  const response = await posted
  const { id, error } = (await response.json()) as Said
  return { status: response.status, headers: response.headers, id, error }
}

suite('a response that was given in the place of the model that was asked for', () => {
  for (const [who, models, step] of [
    ['a model that stands in', STAND_IN, 'small'],
    ['the last resort', { chat: model('a', { lastResort: { provider: 'b', model: 'm' } }) }, 'last-resort'],
  ] as const) {
    test(`by ${who} is gone on from there, and each turn says that it is less`, async (t: TestContext) => {
      const bench = await withModels(t, [[CRASH, keeper('a')], keeper('b')], models, OPENAI)
      let { id } = await ask(bench)
      for (let turn = 0; turn < 2; turn += 1) {
        const next = await ask(bench, id)
        t.assert.deepEqual([next.status, next.target, next.degraded], [200, 'b/m', step])
        id = next.id
      }
      t.assert.deepEqual(timesAsked(bench), [1, 3])
    })
  }

  test('by the faster of two who were asked is gone on from there', async (t: TestContext) => {
    const models = { chat: model('ab', { hedge: { after: '10ms', budget: 1 } }) }
    const bench = await withModels(t, [[silence(), keeper('a')], keeper('b')], models, OPENAI)
    const { id } = await ask(bench)
    const next = await ask(bench, id)
    t.assert.deepEqual([next.status, next.target], [200, 'b/m'])
  })
})

suite('while the vendor that gave a response is away', () => {
  test('who goes on from it is told so and when to come back, and no vendor is asked that cannot know it', async (t: TestContext) => {
    const bench = await withModels(t, [keeper('a'), keeper('b')], STAND_IN, { ...OPENAI, ...FAILS_AT_ONCE })
    const { id } = await ask(bench)
    bench.upstream.use(CRASH)
    t.assert.equal((await ask(bench, id)).status, 500)
    const { status, error, told } = await ask(bench, id)
    t.assert.deepEqual([status, error?.code], [503, 'SLUICE_RESPONSE_AWAY'])
    t.assert.match(String(error?.message), /only a\/m has/)
    t.assert.ok(Number(told('retry-after')) > 0)
    t.assert.deepEqual(timesAsked(bench), [2, 0])
  })

  for (const [which, others] of [
    ['keep other responses', [keeper('b')]],
    ['keep none', [CHATS]],
  ] as const) {
    const types: BenchOptions['types'] = which === 'keep none' ? ['openai', 'vllm'] : ['openai', 'openai']
    for (const [where, models] of [
      ['targets of the model', { chat: model('ab') }],
      ['models that stand in', STAND_IN],
    ] as const) {
      test(`an id from before a restart is not called wrong because ${where} ${which}`, async (t: TestContext) => {
        const bench = await withModels(t, [CRASH, ...others], models, { ...OPEN, ...FAILS_AT_ONCE, types })
        const first = await ask(bench, 'resp_before')
        t.assert.deepEqual([first.status, first.error?.message], [500, 'crashed'])
        const { status, error, told } = await ask(bench, 'resp_before')
        t.assert.deepEqual([status, error?.code], [503, 'SLUICE_ROUTE_NO_TARGET'])
        t.assert.ok(Number(told('retry-after')) > 0)
      })
    }
  }
})

test('a call that a target which is up has no words for is told when to come back to one that is unhealthy', async (t: TestContext) => {
  // The first check is drawn by lot: it comes after half of the interval, and this vendor would not know what it is asked.
  t.mock.method(Math, 'random', () => 0.5)
  const health = { interval: '40s', unhealthyAfter: 1 }
  const options: BenchOptions = { types: ['openai', 'vllm'], provider: { health } }
  const bench = await withModels(t, [keeper('a'), CHATS], { chat: model('ab') }, options)
  bench.gateway.app.api.live.snapshot.vendors.get('a')?.health?.report(false)
  const { status, error, told } = await ask(bench, 'resp_before')
  t.assert.deepEqual([status, error?.code, Number(told('retry-after')) > 20], [503, 'SLUICE_ROUTE_NO_TARGET', true])
})

suite('an id from before a restart', () => {
  test('is looked for at each vendor that keeps responses', async (t: TestContext) => {
    const bench = await withModels(t, [keeper('a'), keeper('b', new Set(['resp_before']))], { chat: model('ab') }, OPEN)
    const { status, target } = await ask(bench, 'resp_before')
    t.assert.deepEqual([status, target], [200, 'b/m'])
  })

  test('that no vendor knows is refused as the vendors do', async (t: TestContext) => {
    const bench = await withModels(t, [keeper('a'), keeper('b'), CHATS], { chat: model('abc') }, OPEN)
    const { status, error } = await ask(bench, 'resp_before')
    t.assert.deepEqual([status, error?.param], [400, 'previous_response_id'])
    t.assert.deepEqual(timesAsked(bench), [1, 1, 0])
  })
})

test('a conversation that the gateway keeps goes on at whoever is up, whole, and then at who keeps it', async (t: TestContext) => {
  const models = { chat: model('abc') }
  const config = { keys: KEYS, responses: { state: true } }
  const bench = await withModels(t, [[CRASH, keeper('a')], CRASH, CHATS], models, { ...OPENAI, config })
  const { id } = await ask(bench)
  const second = await ask(bench, id)
  t.assert.deepEqual([second.status, second.target], [200, 'a/m'])
  const sent = JSON.parse(String(bench.upstream.requests[1]?.body)) as {
    input: unknown[]
    previous_response_id?: string
  }
  t.assert.deepEqual([sent.input.length, sent.previous_response_id], [3, undefined])
  const third = await ask(bench, second.id)
  t.assert.deepEqual([third.status, third.target], [200, 'a/m'])
})
