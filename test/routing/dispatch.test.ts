import { type TestContext, test } from 'node:test'
import { dialectNamed } from '../../src/dialects/index.ts'
import { CallRecord } from '../../src/meter/record.ts'
import { Envelope } from '../../src/relay/envelope.ts'
import { passageTo } from '../../src/relay/passage.ts'
import { Breakers } from '../../src/routing/breakers.ts'
import { type Dispatch, dispatch } from '../../src/routing/dispatch.ts'
import { buildSnapshot } from '../../src/routing/snapshot.ts'
import type { Candidate } from '../../src/routing/target.ts'
import type { Outcome } from '../../src/upstream/outcome.ts'
import { loadText } from '../load-text.ts'

const CRASH: Outcome = { type: 'whole', status: 500, headers: {}, body: Buffer.from('{"error":{"message":"crashed"}}') }

const CONFIG = `
providers:
  a: { type: openai-compatible, baseUrl: "http://127.0.0.1:1" }
  b: { type: openai-compatible, baseUrl: "http://127.0.0.1:1" }
models:
  chat: { strategy: priority, targets: [ { provider: a, model: m }, { provider: b, model: m } ] }
`

/** A call to two targets whose wire the test plays; `asked` is who was asked, in order. */
async function setUp(t: TestContext, play: Partial<Dispatch>) {
  const breakers = new Breakers(() => 0)
  const snapshot = buildSnapshot(await loadText(CONFIG, {}), breakers, new Map())
  t.after(() => breakers.shutdown())
  const dialect = dialectNamed('openai-chat')
  const body = Buffer.from('{"model":"chat","messages":[]}')
  const envelope = new Envelope({ body, dialect, operation: 'chat', headers: {}, query: '' })
  const record = new CallRecord('id', '/v1/chat/completions', 0)
  const asked: string[] = []
  const call: Dispatch = {
    envelope,
    record,
    targets: snapshot.planner.route('chat', () => true).targets,
    maxAttempts: 3,
    passage: ({ target }) => passageTo(target.vendor.provider, dialect, envelope, target.model),
    forward: async () => CRASH,
    present: () => true,
    now: () => 0,
    ...play,
  }
  const forward = (candidate: Candidate, passage: Parameters<Dispatch['forward']>[1]) => {
    asked.push(candidate.target.id)
    return call.forward(candidate, passage)
  }
  return { asked, record, run: () => dispatch({ ...call, forward }) }
}

test('A5: a client that left while a vendor failed is not asked for at the next one', async t => {
  const { asked, run } = await setUp(t, { present: () => false })
  await t.assert.rejects(run(), { code: 'SLUICE_REQUEST_CANCELLED' })
  t.assert.deepEqual(asked, ['a/m'])
})

test('with the client there the next one is asked, and the last refusal is what it reads', async t => {
  const { asked, run } = await setUp(t, {})
  const answer = await run()
  t.assert.deepEqual([answer.type, answer.status], ['refused', 500])
  t.assert.deepEqual(asked, ['a/m', 'b/m'])
})

test('a fault of our own on the way out ends the attempt, so that no probe keeps its place', async t => {
  const { record, run } = await setUp(t, {
    forward: async () => {
      throw new Error('a signature could not be made')
    },
  })
  await t.assert.rejects(run(), /signature/)
  t.assert.equal(record.attempts.length, 1)
  t.assert.equal(record.attempts[0]?.failure, 'internal')
  t.assert.equal(record.attempts[0]?.endedAt, 0)
})
