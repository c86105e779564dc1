import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Quota } from '../../../src/routing/quota/quota.ts'

type Headers = Readonly<Record<string, string>>

/** As OpenAI says it. */
function requestsLeft(remaining: number, reset: string, limit?: number): Headers {
  return {
    'x-ratelimit-remaining-requests': String(remaining),
    'x-ratelimit-reset-requests': reset,
    ...(limit !== undefined && { 'x-ratelimit-limit-requests': String(limit) }),
  }
}

function tokensLeft(remaining: number, reset: string, limit: number): Headers {
  return {
    'x-ratelimit-remaining-tokens': String(remaining),
    'x-ratelimit-reset-tokens': reset,
    'x-ratelimit-limit-tokens': String(limit),
  }
}

/** A quota that has learned `headers` at `now`, from a call that was answered at once. */
function learned(headers: Headers, now = 0): Quota {
  const quota = new Quota()
  quota.learn(headers, quota.send(now, 0), now)
  return quota
}

test('what nothing was learned of is not limited', () => {
  const quota = learned({ 'content-type': 'application/json' })
  for (let count = 0; count < 100; count += 1) quota.send(0, 1_000)
  assert.equal(quota.waitMs(0, 1e9), 0)
  assert.deepEqual([...quota.left(0)], [])
})

test('a learned quota never lets through more than what remained before its reset', () => {
  const step = fc.record({ waitMs: fc.integer({ min: 0, max: 5_000 }), calls: fc.integer({ min: 0, max: 9 }) })
  fc.assert(
    fc.property(fc.nat(20), fc.integer({ min: 1, max: 60 }), fc.array(step), (remaining, seconds, steps) => {
      const quota = learned(requestsLeft(remaining, `${seconds}s`))
      let now = 0
      let passed = 0
      for (const { waitMs, calls } of steps) {
        now += waitMs
        if (now >= seconds * 1_000) return true
        for (let count = 0; count < calls; count += 1) {
          if (quota.waitMs(now, 0) > 0) continue
          quota.send(now, 0)
          passed += 1
        }
      }
      return passed <= remaining
    }),
  )
})

test('where the size of the limit is told, no more passes than what remained and what has refilled', () => {
  const step = fc.record({ waitMs: fc.integer({ min: 0, max: 5_000 }), calls: fc.integer({ min: 0, max: 30 }) })
  fc.assert(
    fc.property(fc.nat(20), fc.integer({ min: 1, max: 60 }), fc.array(step), (remaining, seconds, steps) => {
      const limit = 20
      const quota = learned(requestsLeft(remaining, `${seconds}s`, limit))
      const perMs = remaining === limit ? limit / 60_000 : (limit - remaining) / (seconds * 1_000)
      let now = 0
      let passed = 0
      for (const { waitMs, calls } of steps) {
        now += waitMs
        if (now >= 60_000) return true
        for (let count = 0; count < calls; count += 1) {
          if (quota.waitMs(now, 0) > 0) continue
          quota.send(now, 0)
          passed += 1
        }
        if (passed > remaining + perMs * now + 1e-6) return false
      }
      return true
    }),
  )
})

test('the wait that is told is enough, and never 0 while it waits', () => {
  const cases = fc.tuple(
    fc.nat(5),
    fc.integer({ min: 1, max: 90 }),
    fc.option(fc.integer({ min: 5, max: 9 })),
    fc.nat(9),
  )
  fc.assert(
    fc.property(cases, ([remaining, seconds, limit, calls]) => {
      const quota = learned(requestsLeft(remaining, `${seconds}s`, limit ?? undefined))
      for (let count = 0; count < calls; count += 1) if (quota.waitMs(0, 0) === 0) quota.send(0, 0)
      const wait = quota.waitMs(0, 0)
      return wait === 0 || (wait >= 1 && quota.waitMs(wait + 1, 0) === 0)
    }),
  )
})

test('calls that were sent after the one that was answered are taken off', () => {
  const quota = new Quota()
  const first = quota.send(0, 0)
  quota.send(1, 0)
  quota.send(2, 0)
  quota.learn(requestsLeft(3, '60s'), first, 300)
  assert.deepEqual([...quota.left(300)], [['requests', 1]])
  assert.equal(quota.waitMs(300, 0), 0)
  quota.send(300, 0)
  assert.equal(quota.waitMs(300, 0), 60_000)
})

test('so are their tokens', () => {
  const quota = new Quota()
  const first = quota.send(0, 100)
  quota.send(1, 300)
  quota.learn(tokensLeft(1_000, '60s', 10_000), first, 1)
  const [[limit, left] = []] = [...quota.left(1)]
  assert.equal(limit, 'tokens')
  assert.equal(Math.round(left ?? NaN), 700)
})

test('what refills while an answer is on its way is counted: it shows how things stood when the call was sent', () => {
  const quota = new Quota()
  const sent = quota.send(0, 0)
  quota.learn(requestsLeft(0, '60s', 60), sent, 10_000)
  assert.deepEqual([...quota.left(10_000)], [['requests', 10]])
})

test('an earlier call that is answered later says nothing new', () => {
  const quota = new Quota()
  const early = quota.send(0, 0)
  const late = quota.send(1, 0)
  quota.learn(requestsLeft(5, '60s'), late, 100)
  quota.learn(requestsLeft(9, '60s'), early, 200)
  assert.deepEqual([...quota.left(200)], [['requests', 5]])
})

test('after its reset a limit is forgotten where it was not told how large it is', () => {
  const quota = learned(requestsLeft(0, '2s'))
  assert.equal(quota.waitMs(0, 0), 2_000)
  assert.equal(quota.waitMs(1_500, 0), 500)
  assert.equal(quota.waitMs(2_000, 0), 0)
  assert.deepEqual([...quota.left(2_000)], [])
})

test('an exhausted limit that refills all the time is paced, not waited for until it is full', () => {
  const quota = learned(requestsLeft(0, '60s', 60))
  assert.equal(quota.waitMs(0, 0), 1_000)
  assert.equal(quota.waitMs(1_000, 0), 0)
  quota.send(1_000, 0)
  assert.equal(quota.waitMs(1_000, 0), 1_000)
})

test('a burst upon a limit that is whole again is held to its size', () => {
  const quota = learned(requestsLeft(9, '1s', 10))
  let passed = 0
  while (quota.waitMs(5_000, 0) === 0 && passed < 100) {
    quota.send(5_000, 0)
    passed += 1
  }
  assert.equal(passed, 10)
})

test('tokens are counted as they are estimated, and a call never waits for more than half of a limit', () => {
  const quota = learned(tokensLeft(6_000, '24s', 10_000))
  assert.equal(quota.waitMs(0, 4_000), 0)
  quota.send(0, 4_000)
  assert.equal(quota.waitMs(0, 2_000), 0)
  assert.ok(quota.waitMs(0, 4_000) > 0)
  const picture = 350_000
  assert.ok(quota.waitMs(0, picture) < 24_000, 'it would never find the whole limit unused')
})

test('C4: Anthropic tells its resets as dates', t => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.parse('2026-11-23T12:00:00Z') })
  const quota = learned({
    'anthropic-ratelimit-requests-limit': '50',
    'anthropic-ratelimit-requests-remaining': '0',
    'anthropic-ratelimit-requests-reset': '2026-11-23T12:01:00Z',
  })
  assert.equal(quota.waitMs(0, 0), 1_200)
})

test('tokens of one direction matter once none are left', t => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.parse('2026-11-23T12:00:00Z') })
  const output = (remaining: string): Headers => ({
    'anthropic-ratelimit-tokens-remaining': '90000',
    'anthropic-ratelimit-tokens-reset': '2026-11-23T12:00:01Z',
    'anthropic-ratelimit-output-tokens-remaining': remaining,
    'anthropic-ratelimit-output-tokens-reset': '2026-11-23T12:00:09Z',
  })
  assert.equal(learned(output('500')).waitMs(0, 5_000), 0)
  assert.equal(learned(output('0')).waitMs(0, 10), 9_000)
})

test('garbage in the headers limits nothing, and nothing limits for days', () => {
  for (const headers of [
    requestsLeft(0, 'soon'),
    requestsLeft(0, ''),
    requestsLeft(0, '-5s'),
    requestsLeft(-1, '60s'),
    requestsLeft(NaN, '60s'),
    { 'x-ratelimit-remaining-requests': '0' },
  ]) {
    assert.equal(learned(headers).waitMs(0, 0), 0, JSON.stringify(headers))
  }
  assert.equal(learned(requestsLeft(0, '99999')).waitMs(0, 0), 600_000)
  assert.equal(learned(requestsLeft(0, '99999s', 1)).waitMs(0, 0), 600_000)
})

test('what is spent of a quota is told of the limit of which least is left, and grows again with time', () => {
  const quota = learned({ ...requestsLeft(45, '15s', 60), ...tokensLeft(500, '5s', 1_000) })
  assert.equal(quota.spent(0), 0.5)
  assert.equal(quota.spent(2_500), 0.25)
  assert.equal(quota.spent(20_000), 0)
})

test('calls that are under way are spent', () => {
  const quota = learned(requestsLeft(60, '0s', 60))
  for (let count = 0; count < 30; count += 1) quota.send(0, 0)
  assert.equal(quota.spent(0), 0.5)
})

test('nothing is taken to be spent where nobody has said of how much, or what was said is old', () => {
  assert.equal(new Quota().spent(0), 0)
  assert.equal(learned(requestsLeft(3, '15s')).spent(0), 0)
  assert.equal(learned(requestsLeft(0, '60s', 60)).spent(60_000), 0)
})
