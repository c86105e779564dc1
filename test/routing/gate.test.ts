import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { Breaker } from '../../src/routing/breaker/breaker.ts'
import { Cooldown } from '../../src/routing/breaker/cooldown.ts'
import { Gate, isRefusal, type Permit, type Refusal } from '../../src/routing/gate.ts'
import { Allowances } from '../../src/routing/quota/allowances.ts'
import type { KeyLimitSettings } from '../../src/routing/quota/key-limits.ts'

const BREAKER = {
  window: 30_000,
  minimumCalls: 1,
  errorRate: 0.5,
  openFor: 15_000,
  probes: 1,
  closeAfter: 1,
  slowRate: 1,
  maxOpenFor: 15_000,
}
const LABELS = { provider: 'a', model: 'm', key: '0' }

interface Clock {
  now: number
}

function breakerOf(clock: Clock): Breaker {
  const now = () => clock.now
  const random = () => 0
  return new Breaker(BREAKER, () => {}, now, random)
}

/** The gates of some models of one vendor, behind one key. */
function gates(settings: KeyLimitSettings, clock: Clock, { models = 1, adaptive = false } = {}): Gate[] {
  const allowances = new Allowances(() => clock.now)
  return Array.from({ length: models }, (_, index) => {
    const key = allowances.key('a#0', settings)
    const allowance = allowances.get(`a/${index}#0`, key, adaptive, LABELS)
    return new Gate(breakerOf(clock), new Cooldown(), new Cooldown(), allowance)
  })
}

function gateOf(settings: KeyLimitSettings, clock: Clock = { now: 0 }): Gate {
  return gates(settings, clock)[0] as Gate
}

function admitted(gate: Gate, now = 0, tokens = 0): Permit {
  const answer = gate.admit(now, tokens)
  if (isRefusal(answer)) throw new Error(`refused: ${answer.reason}, ${answer.waitMs} ms`)
  return answer
}

function refused(gate: Gate, now = 0, tokens = 0): Refusal {
  const answer = gate.admit(now, tokens)
  if (!isRefusal(answer)) throw new Error('admitted')
  return answer
}

test('without limits every call is let in', () => {
  const gate = gateOf({})
  for (let count = 0; count < 1_000; count += 1) admitted(gate)
  assert.ok(gate.ready(0))
})

test('no more calls are under way than the concurrency, whatever comes and goes, and each place is given back once', () => {
  const step = fc.record({ model: fc.nat(1), settles: fc.nat(3), twice: fc.boolean(), waitMs: fc.nat(50) })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.array(step), (concurrency, steps) => {
      const clock = { now: 0 }
      const both = gates({ concurrency }, clock, { models: 2 })
      const open: Permit[] = []
      for (const { model, settles, twice, waitMs } of steps) {
        clock.now += waitMs
        const answer = (both[model] as Gate).admit(clock.now)
        if (isRefusal(answer)) {
          if (open.length < concurrency || answer.reason !== 'limited' || answer.waitMs < 1) return false
        } else open.push(answer)
        if (open.length > concurrency) return false
        for (const permit of open.splice(0, settles)) {
          permit.settle('good')
          if (twice) permit.settle('good')
        }
      }
      for (const permit of open) permit.settle('good')
      for (let count = 0; count < concurrency; count += 1) admitted(both[0] as Gate, clock.now)
      return isRefusal((both[1] as Gate).admit(clock.now))
    }),
  )
})

test('tokens are charged exactly once, in whatever order a call is settled and reports', () => {
  const ending = fc.record({
    verdict: fc.constantFrom('good' as const, 'bad' as const, 'neutral' as const),
    used: fc.option(fc.nat(500)),
    reportsFirst: fc.boolean(),
    keeps: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(ending, { maxLength: 5 }), endings => {
      const allowances = new Allowances(() => 0)
      const key = allowances.key('a#0', { tokensPerMinute: 60_000 })
      const allowance = allowances.get('a/m#0', key, false, LABELS)
      const gate = new Gate(breakerOf({ now: 0 }), new Cooldown(), new Cooldown(), allowance)
      let charged = 0
      for (const { verdict, used, reportsFirst, keeps } of endings) {
        const permit = admitted(gate, 0, 100)
        if (reportsFirst && used !== null) permit.used(used)
        if (keeps) permit.keep()
        permit.settle(verdict)
        permit.settle('bad')
        if (used !== null) permit.used(used)
        const reported = keeps && !reportsFirst ? null : used
        charged += reported ?? (verdict === 'good' || keeps ? 100 : 0)
        if (used !== null) permit.used(used + 1)
      }
      // The bucket holds ten seconds' worth.
      return key.take(10_000 - charged) === 0 && key.take(1) > 0
    }),
  )
})

test('a failed call is charged no tokens unless it keeps them, a good one what was estimated until it reports', () => {
  const gate = gateOf({ tokensPerMinute: 600 })
  for (let count = 0; count < 5; count += 1) admitted(gate, 0, 50).settle('bad')
  const first = admitted(gate, 0, 50)
  const second = admitted(gate, 0, 50)
  first.settle('good')
  assert.equal(refused(gate, 0, 50).waitMs, 5_000)
  first.used(10)
  assert.equal(refused(gate, 0, 50).waitMs, 1_000)
  second.used(40)
  admitted(gate, 0, 50)
})

test('who waits hears of a call that ends, at any model of the key, and of tokens that come back', () => {
  const [one, other] = gates({ concurrency: 1, tokensPerMinute: 600 }, { now: 0 }, { models: 2 }) as [Gate, Gate]
  let heard = 0
  const hear = () => {
    heard += 1
  }
  for (const change of other.changes) change.subscribe(hear)
  const permit = admitted(one, 0, 50)
  permit.settle('good')
  assert.equal(heard, 1)
  permit.used(10)
  assert.equal(heard, 2)
  permit.used(5)
  permit.settle('good')
  assert.equal(heard, 2)
})

/** A gate whose breaker has opened, with one call still under way. */
async function opened(
  t: TestContext,
  clock: Clock,
): Promise<{ gate: Gate; underWay: Permit; limit(to: number): void }> {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const allowances = new Allowances(() => clock.now)
  const allowance = allowances.get('a/m#0', allowances.key('a#0', {}), false, LABELS)
  const breaker = breakerOf(clock)
  t.after(() => breaker.shutdown())
  const gate = new Gate(breaker, new Cooldown(), new Cooldown(), allowance)
  const limit = (concurrency: number) => allowances.key('a#0', { concurrency })
  limit(2)
  const underWay = admitted(gate)
  admitted(gate).settle('bad')
  await setImmediate()
  return { gate, underWay, limit }
}

test('the breaker speaks first: a target that fails is not said to be at its limit', async t => {
  const { gate, limit } = await opened(t, { now: 0 })
  limit(1)
  assert.deepEqual(refused(gate), { reason: 'failing', waitMs: BREAKER.openFor, exact: true })
})

test('who comes in the moment that it was told, before the breaker has opened to probes, is told to come at once', async t => {
  const clock = { now: 0 }
  const { gate } = await opened(t, clock)
  clock.now = BREAKER.openFor
  assert.deepEqual(refused(gate, clock.now), { reason: 'failing', waitMs: 1, exact: true })
})

test('C12: a probe that finds no room is none: the next one is let in', async t => {
  const clock = { now: 0 }
  const { gate, underWay, limit } = await opened(t, clock)
  clock.now = BREAKER.openFor
  t.mock.timers.tick(BREAKER.openFor)
  limit(1)
  assert.equal(refused(gate, clock.now).reason, 'limited')
  await setImmediate()
  assert.equal(gate.breaker.state, 'half-open', 'a limit is no recovery')
  underWay.settle('neutral')
  admitted(gate, clock.now)
})

test('while a target is probed the others may wait for what is found, for a second at most', async t => {
  const clock = { now: 0 }
  const { gate } = await opened(t, clock)
  clock.now = BREAKER.openFor
  t.mock.timers.tick(BREAKER.openFor)
  const probe = admitted(gate, clock.now)
  const changed = t.mock.fn()
  gate.breaker.changed.subscribe(changed)
  assert.deepEqual(refused(gate, clock.now), { reason: 'limited', waitMs: 1_000 })
  clock.now += 999
  assert.deepEqual(refused(gate, clock.now), { reason: 'limited', waitMs: 1 })
  clock.now += 1
  assert.deepEqual(refused(gate, clock.now), { reason: 'failing', waitMs: 1_000 })
  probe.settle('good')
  await setImmediate()
  assert.equal(changed.mock.callCount(), 1)
  admitted(gate, clock.now)
})

test('the wait for a place is the mean time to the next end of a call', () => {
  const clock = { now: 0 }
  const gate = gateOf({ concurrency: 4 }, clock)
  for (let count = 0; count < 100; count += 1) {
    const permit = admitted(gate, clock.now)
    clock.now += 2_000
    permit.settle('good')
  }
  for (let count = 0; count < 4; count += 1) admitted(gate, clock.now)
  assert.equal(Math.round(refused(gate, clock.now).waitMs), 500)
})

test('what an answer says of the quota holds for the next call', () => {
  const gate = gateOf({})
  const permit = admitted(gate)
  permit.answered({ 'x-ratelimit-remaining-requests': '1', 'x-ratelimit-reset-requests': '30s' })
  admitted(gate)
  assert.ok(!gate.ready(0))
  assert.deepEqual(refused(gate), { reason: 'limited', waitMs: 30_000 })
  assert.ok(gate.ready(30_000))
})

test('where no concurrency is set it is found out: a vendor that has too many calls gets fewer', () => {
  const clock = { now: 1_000 }
  const [gate] = gates({}, clock, { adaptive: true }) as [Gate]
  const permits = Array.from({ length: 100 }, () => admitted(gate, clock.now))
  const [limited, ...others] = permits
  clock.now = 1_100
  limited?.overloaded()
  limited?.settle('neutral')
  assert.equal(refused(gate, clock.now).reason, 'limited')
  for (const permit of others.slice(0, 30)) permit.settle('good')
  admitted(gate, clock.now)
  refused(gate, clock.now)
})

test('a second overload after an answer that went well cuts it again', () => {
  const clock = { now: 1_000 }
  const [gate] = gates({}, clock, { adaptive: true }) as [Gate]
  const overload = () => {
    clock.now += 1
    const permit = admitted(gate, clock.now)
    permit.overloaded()
    permit.settle('neutral')
  }
  const underWay = Array.from({ length: 99 }, () => admitted(gate, clock.now))
  overload()
  for (const permit of underWay.splice(60)) permit.settle('good')
  const well = admitted(gate, clock.now)
  well.settle('good')
  overload()
  assert.equal(refused(gate, clock.now).reason, 'limited', 'to 0.7 of the 61 that were under way')
  for (const permit of underWay.splice(42)) permit.settle('good')
  admitted(gate, clock.now)
})

test('streams that begin far later than they used to are an overload, too', () => {
  const clock = { now: 1_000 }
  const [gate] = gates({}, clock, { adaptive: true }) as [Gate]
  for (let count = 0; count < 200; count += 1) {
    const permit = admitted(gate, clock.now)
    clock.now += 100
    permit.answered({}, true)
    permit.settle('good')
  }
  const permits = Array.from({ length: 200 }, () => admitted(gate, clock.now))
  clock.now += 20_000
  for (const permit of permits.slice(0, 10)) permit.answered({}, true)
  assert.equal(refused(gate, clock.now).reason, 'limited')
})

test('where the operator sets any limit none is found out', () => {
  const clock = { now: 1_000 }
  const [gate] = gates({ requestsPerMinute: 6e9 }, clock, { adaptive: true }) as [Gate]
  const permits = Array.from({ length: 100 }, () => admitted(gate, clock.now))
  permits[0]?.overloaded()
  permits[0]?.settle('neutral')
  admitted(gate, clock.now)
})

test('a concurrency that is set is not changed by what the vendor says', () => {
  const [gate] = gates({ concurrency: 10 }, { now: 1_000 }, { adaptive: true }) as [Gate]
  const permits = Array.from({ length: 10 }, () => admitted(gate, 1_000))
  for (const permit of permits) {
    permit.overloaded()
    permit.settle('neutral')
  }
  for (let count = 0; count < 10; count += 1) admitted(gate, 1_000)
  assert.equal(refused(gate, 1_000).reason, 'limited')
})

test('new settings of a key hold for the gates that are there, and calls under way give back the places that they took', () => {
  const allowances = new Allowances(() => 0)
  const key = allowances.key('a#0', {})
  const breaker = breakerOf({ now: 0 })
  const gate = new Gate(breaker, new Cooldown(), new Cooldown(), allowances.get('a/m#0', key, true, LABELS))
  const before = admitted(gate)
  allowances.key('a#0', { concurrency: 1 })
  const after = admitted(gate)
  refused(gate)
  before.settle('good')
  refused(gate)
  after.settle('good')
  admitted(gate)
  assert.equal(refused(gate).reason, 'limited')
})
