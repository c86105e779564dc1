import { type TestContext, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { dialectNamed } from '../../src/dialects/index.ts'
import { CallRecord } from '../../src/meter/record.ts'
import { Envelope } from '../../src/relay/envelope.ts'
import { passageTo } from '../../src/relay/passage.ts'
import type { Attempt } from '../../src/routing/attempt/attempt.ts'
import type { Choices } from '../../src/routing/choices.ts'
import { type Dispatch, dispatch } from '../../src/routing/dispatch.ts'
import type { QueueTicket } from '../../src/routing/queue/ticket.ts'
import { buildSnapshot } from '../../src/routing/reload/snapshot.ts'
import { RetryBudget } from '../../src/routing/retry/retry-budget.ts'
import { RoutingState } from '../../src/routing/routing-state.ts'
import { atOnce } from '../../src/steps.ts'
import { deadlines } from '../../src/upstream/deadlines.ts'
import type { Outcome } from '../../src/upstream/outcome.ts'
import { loadText } from '../load-text.ts'

const CRASH: Outcome = { type: 'whole', status: 500, headers: {}, body: Buffer.from('{"error":{"message":"crashed"}}') }

const CONFIG = `
providers:
  a: { type: openai-compatible, baseUrl: "http://127.0.0.1:1" }
  b: { type: openai-compatible, baseUrl: "http://127.0.0.1:1" }
models:
  alone: { targets: [ { provider: a, model: m } ] }
  chat: { strategy: priority, targets: [ { provider: a, model: m }, { provider: b, model: m } ] }
`

/** A call to two targets whose wire the test plays; `asked` is who was asked, in order. */
async function setUp(t: TestContext, play: Partial<Dispatch>, model = 'chat') {
  const state = new RoutingState(() => 0)
  const snapshot = buildSnapshot(await loadText(CONFIG, {}), state, new Map())
  t.after(() => state.shutdown())
  const dialect = dialectNamed('openai-chat')
  const body = Buffer.from('{"model":"chat","messages":[]}')
  const envelope = new Envelope({ body, dialect, operation: 'chat', headers: {}, query: '' })
  const record = new CallRecord('id', '/v1/chat/completions', 0)
  const asked: string[] = []
  const waits: number[] = []
  const call: Dispatch = {
    envelope,
    record,
    maxAttempts: 3,
    passage: ({ target }) => atOnce(passageTo(target.vendor.provider, dialect, envelope, target.model)),
    forward: async () => CRASH,
    hedge: undefined,
    retrySameTarget: false,
    present: () => true,
    now: () => 0,
    wait: async ms => {
      waits.push(ms)
    },
    random: () => 0.5,
    ...play,
    targets: snapshot.planner.route(model, () => true).targets,
  }
  const forward = (attempt: Attempt, passage: Parameters<Dispatch['forward']>[1]) => {
    asked.push(attempt.record.target)
    return call.forward(attempt, passage)
  }
  return { asked, waits, record, snapshot, run: () => dispatch({ ...call, forward }) }
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

test('C5: the only target there is is asked again, later each time, within the attempts', async t => {
  const { asked, waits, run } = await setUp(t, { retrySameTarget: true }, 'alone')
  const answer = await run()
  t.assert.equal(answer.status, 500)
  t.assert.deepEqual(asked, ['a/m', 'a/m', 'a/m'])
  t.assert.deepEqual(waits, [50, 100])
})

test('C7: without that wish a failed target is asked once', async t => {
  const { asked, run } = await setUp(t, {}, 'alone')
  t.assert.equal((await run()).status, 500)
  t.assert.deepEqual(asked, ['a/m'])
})

test('C1: what the client has done wrong is not asked again', async t => {
  const refusal: Outcome = { ...CRASH, status: 400 }
  const { asked, run } = await setUp(t, { retrySameTarget: true, forward: async () => refusal }, 'alone')
  t.assert.equal((await run()).status, 400)
  t.assert.deepEqual(asked, ['a/m'])
})

test('C5: where the retry budget cannot pay, the failure is the answer', async t => {
  const { asked, record, snapshot, run } = await setUp(t, {})
  const [first] = snapshot.planner.route('chat', () => true).targets
  while (first?.retryBudget.withdraw(0));
  t.assert.equal((await run()).status, 500)
  t.assert.deepEqual(asked, ['a/m'])
  t.assert.equal(record.retryUnpaid, true)
})

test('C5: failures of one target leave the retry budget of another alone', async t => {
  const { snapshot } = await setUp(t, {})
  const [first, second] = snapshot.planner.route('chat', () => true).targets
  while (first?.retryBudget.withdraw(0));
  t.assert.equal(second?.retryBudget.affords(0), true)
  const [direct] = snapshot.planner.route('a/m', () => true).targets
  t.assert.equal(direct?.retryBudget, first?.retryBudget, 'every route to a target draws on the same one')
})

test('C5: a 429 needs no budget to be followed by another target: its own rests and is asked less', async t => {
  const limited: Outcome = { ...CRASH, status: 429 }
  const { asked, snapshot, run } = await setUp(t, { forward: async () => limited })
  const [first] = snapshot.planner.route('chat', () => true).targets
  while (first?.retryBudget.withdraw(0));
  t.assert.equal((await run()).status, 429)
  t.assert.deepEqual(asked, ['a/m', 'b/m'])
})

const HEDGE = () => ({ after: { ms: 1 }, budget: new RetryBudget({ ratio: 1, minPerSecond: 0 }) })
const GOOD: Outcome = { type: 'whole', status: 200, headers: {}, body: Buffer.from('{"choices":[]}') }

/** A vendor that answers when told to, and hears when it is hung up on. */
function slowVendor() {
  let answer: (outcome: Outcome) => void = () => {}
  const outcome = new Promise<Outcome>(resolve => {
    answer = resolve
  })
  return { answer, outcome, exchange: { sent: true, crowdedOut: false, abort: answer as (failure: Outcome) => void } }
}

test('a second target is asked when the first is slow; who answers first is read, the other is hung up on', async t => {
  const slow = slowVendor()
  const hedge = HEDGE()
  const { asked, record, run } = await setUp(t, {
    hedge,
    forward: async attempt => {
      attempt.carriedBy(slow.exchange)
      return attempt.record.hedge ? GOOD : slow.outcome
    },
  })
  const answer = await run()
  t.assert.deepEqual(asked, ['a/m', 'b/m'])
  t.assert.equal(answer.attempt.record.target, 'b/m')
  t.assert.equal(hedge.budget.affords(0), false, 'the first call has paid for one hedge, and that was it')
  await slow.outcome
  await setImmediate()
  t.assert.deepEqual(
    record.attempts.map(({ target, failure, hedge }) => [target, failure, hedge]),
    [
      ['a/m', 'cancelled', undefined],
      ['b/m', undefined, true],
    ],
  )
})

test('two that answer in the same moment: the later answer is put away, as lost and with what it used', async (t: TestContext) => {
  const slow = slowVendor()
  const { record, run } = await setUp(t, {
    hedge: HEDGE(),
    forward: async attempt => {
      // Hung up on, it answers all the same.
      attempt.carriedBy({ sent: true, crowdedOut: false, abort: () => slow.answer(GOOD) })
      return attempt.record.hedge ? GOOD : slow.outcome
    },
  })
  const answer = await run()
  await slow.outcome
  await setImmediate()
  const [lost] = record.attempts
  t.assert.equal(answer.attempt.record.target, 'b/m')
  t.assert.deepEqual([lost?.target, lost?.failure], ['a/m', 'cancelled'])
  t.assert.ok(lost?.wasted !== undefined)
  const { failure, wasted } = answer.attempt.record
  t.assert.deepEqual([failure, wasted], [undefined, undefined], 'the answer that is read is not put away, too')
})

test('a fault of our own while a hedge runs leaves no answer of the other target behind', async t => {
  const slow = slowVendor()
  const { record, run } = await setUp(t, {
    hedge: HEDGE(),
    forward: async attempt => {
      attempt.carriedBy(slow.exchange)
      if (attempt.record.hedge) throw new Error('a signature could not be made')
      return slow.outcome
    },
  })
  await t.assert.rejects(run(), /signature/)
  await setImmediate()
  t.assert.equal(record.attempts[0]?.failure, 'cancelled')
})

/** A hedge at the percentile of the config, before a target of which `percentile` is known. */
async function atPercentile(t: TestContext, percentile: number | undefined) {
  const slow = slowVendor()
  const config = CONFIG.replace('chat: {', 'chat: { hedge: { budget: 0.25 },')
  const { hedge } =
    buildSnapshot(await loadText(config, {}), new RoutingState(() => 0), new Map()).routes.get('chat') ?? {}
  const bench = await setUp(t, { hedge, forward: async ({ record }) => (record.hedge ? GOOD : slow.outcome) })
  hedge?.budget.deposit(0)
  hedge?.budget.deposit(0)
  hedge?.budget.deposit(0)
  const [first] = bench.snapshot.planner.route('chat', () => true).targets
  const shares = first && t.mock.method(first.load, 'percentile', () => percentile)
  return { ...bench, slow, hedge, shares: () => shares?.mock.calls.map(call => call.arguments) }
}

test('unless the config says otherwise a hedge follows the 95th percentile of what the target needed for such calls', async t => {
  const { asked, shares, hedge, run } = await atPercentile(t, 1)
  t.assert.equal((await run()).type, 'whole')
  t.assert.deepEqual(asked, ['a/m', 'b/m'])
  t.assert.deepEqual(shares(), [[0.95, false]])
  t.assert.equal(hedge?.budget.affords(0), false, 'four calls pay for one hedge at a budget of 0.25')
})

test('while too little is known of the target nothing is hedged', async t => {
  const { asked, slow, run } = await atPercentile(t, undefined)
  const answer = run()
  await timeIsUp(1)
  slow.answer(GOOD)
  await answer
  t.assert.deepEqual(asked, ['a/m'])
})

test('an only target that is slow is asked once more where it may be, and what answers first is read', async t => {
  const slow = slowVendor()
  const { asked, run } = await setUp(
    t,
    {
      hedge: HEDGE(),
      retrySameTarget: true,
      forward: async attempt => {
        attempt.carriedBy(slow.exchange)
        return attempt.record.hedge ? GOOD : slow.outcome
      },
    },
    'alone',
  )
  t.assert.equal((await run()).attempt.record.hedge, true)
  t.assert.deepEqual(asked, ['a/m', 'a/m'])
})

/** Who has been asked when the first target is slow and the time of a hedge is up. */
async function askedMeanwhile(t: TestContext, play: Partial<Dispatch>, model?: string): Promise<readonly string[]> {
  const slow = slowVendor()
  const { asked, run } = await setUp(t, { hedge: HEDGE(), forward: () => slow.outcome, ...play }, model)
  const answer = run()
  await timeIsUp(1)
  slow.answer(GOOD)
  await answer
  return asked
}

test('a hedge takes no room for which others wait in the queue', async t => {
  const ticket = { contended: true, next: (choices: Choices) => choices.next(0) } as QueueTicket
  t.assert.deepEqual(await askedMeanwhile(t, { ticket }), ['a/m'])
})

test('C7: an only target that is slow is waited for, where it may not be asked again', async t => {
  t.assert.deepEqual(await askedMeanwhile(t, {}, 'alone'), ['a/m'])
})

test('the wish to ask an only target again is none where there are two', async t => {
  const slow = slowVendor()
  const { asked, run } = await setUp(t, {
    hedge: HEDGE(),
    retrySameTarget: true,
    forward: async ({ record }) => (record.hedge ? GOOD : slow.outcome),
  })
  await run()
  t.assert.deepEqual(asked, ['a/m', 'b/m'])
})

test('a hedge that fails leaves the first target its time, and is not asked again', async t => {
  const slow = slowVendor()
  const { asked, run } = await setUp(t, {
    hedge: HEDGE(),
    forward: async attempt => {
      if (!attempt.record.hedge) return slow.outcome
      slow.answer(GOOD)
      return CRASH
    },
  })
  t.assert.equal((await run()).attempt.record.target, 'a/m')
  t.assert.deepEqual(asked, ['a/m', 'b/m'])
})

/** Settles after all deadlines of so many ms that are set by now, and what follows from them. */
async function timeIsUp(ms: number): Promise<void> {
  await setImmediate()
  await new Promise<void>(resolve => deadlines.watch({ dueTick: deadlines.after(ms), slot: -1, onDue: resolve }))
  await setImmediate()
}

test('without a budget nothing is hedged', async t => {
  const slow = slowVendor()
  const hedge = { after: { ms: 1 }, budget: new RetryBudget({ ratio: 0, minPerSecond: 0 }) }
  const { asked, run } = await setUp(t, { hedge, forward: () => slow.outcome })
  const answer = run()
  await timeIsUp(hedge.after.ms)
  slow.answer(GOOD)
  t.assert.equal((await answer).status, 200)
  t.assert.deepEqual(asked, ['a/m'])
})

test('C5: a hedge is one of the attempts that are allowed', async t => {
  const slow = slowVendor()
  const hedge = HEDGE()
  const { asked, run } = await setUp(t, { hedge, maxAttempts: 1, forward: () => slow.outcome })
  const answer = run()
  await timeIsUp(hedge.after.ms)
  slow.answer(GOOD)
  t.assert.equal((await answer).status, 200)
  t.assert.deepEqual(asked, ['a/m'])
})

test('C5: only the first attempt of a request pays for second ones, whichever models are asked after it', async t => {
  for (const first of [true, false]) {
    const hedge = HEDGE()
    const { record, snapshot, run } = await setUp(t, { hedge, forward: async () => GOOD })
    const [target] = snapshot.planner.route('chat', () => true).targets
    const earlier = { target: 'c/m', provider: 'c', model: 'm', key: 0, startedAt: 0 }
    if (!first) record.attempts.push(earlier)
    if (target !== undefined) target.retryBudget.settings = { ratio: 1, minPerSecond: 0 }
    await run()
    t.assert.deepEqual([hedge.budget.affords(0), target?.retryBudget.affords(0)], [first, first])
  }
})
