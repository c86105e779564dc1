import { mock, type TestContext, test } from 'node:test'
import {
  type Admission,
  Breaker,
  type BreakerSettings,
  type BreakerState,
  type Verdict,
} from '../../../src/routing/breaker/breaker.ts'
import { RoutingState } from '../../../src/routing/routing-state.ts'

const SETTINGS: BreakerSettings = {
  window: 30_000,
  minimumCalls: 10,
  errorRate: 0.5,
  slowRate: 0.8,
  openFor: 15_000,
  maxOpenFor: 300_000,
  probes: 1,
  closeAfter: 2,
}

/** A breaker on a clock that stands still until the test moves it. */
class Bench {
  readonly states: BreakerState[] = []
  readonly breaker: Breaker
  #now = 0

  constructor(t: TestContext, settings: Partial<BreakerSettings> = {}, random = 0) {
    t.mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] })
    this.breaker = new Breaker(
      { ...SETTINGS, ...settings },
      state => this.states.push(state),
      () => this.#now,
      () => random,
    )
    t.after(() => this.breaker.shutdown())
  }

  /** Admits one attempt, which must be possible. */
  admit(): Admission {
    const admission = this.breaker.admit()
    if (admission === undefined) throw new Error(`nobody is admitted while ${this.breaker.state}`)
    return admission
  }

  async settle(verdict: Verdict, count = 1): Promise<void> {
    for (let index = 0; index < count; index += 1) this.admit().settle(verdict)
    await told()
  }

  async pass(t: TestContext, ms: number): Promise<void> {
    this.#now += ms
    t.mock.timers.tick(ms)
    await told()
  }

  /** Opens it as vendors do: by failing. */
  async open(): Promise<void> {
    await this.settle('bad', 10)
  }

  /** What a reload of the config does. */
  change(settings: Partial<BreakerSettings>): void {
    this.breaker.settings = { ...this.breaker.settings, ...settings }
  }

  /** Opens it and waits until it would be tried again. */
  async halfOpen(t: TestContext): Promise<void> {
    await this.open()
    await this.pass(t, SETTINGS.openFor)
  }
}

/** opossum hears of an outcome a few microtasks after it was fired. */
async function told(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await null
}

test('C3: failures below the minimum of calls open nothing, at it they do', async t => {
  const bench = new Bench(t)
  await bench.settle('bad', 9)
  t.assert.equal(bench.breaker.state, 'closed')
  await bench.settle('bad')
  t.assert.deepEqual(bench.states, ['open'])
  t.assert.equal(bench.breaker.admit(), undefined)
})

test('opens at the error rate, not below it', async t => {
  const bench = new Bench(t)
  await bench.settle('good', 11)
  await bench.settle('bad', 10)
  t.assert.equal(bench.breaker.state, 'closed')
  await bench.settle('bad')
  t.assert.equal(bench.breaker.state, 'open')
})

test('trap 12: with a minimum of one call, one failure opens it, and nothing less than one', async t => {
  const bench = new Bench(t, { minimumCalls: 1 })
  await bench.settle('neutral', 100)
  t.assert.equal(bench.breaker.state, 'closed')
  await bench.settle('bad')
  t.assert.equal(bench.breaker.state, 'open')
})

test('trap 16: what is admitted while closed is not counted, so there is no capacity to be freed too early', async t => {
  const bench = new Bench(t)
  const admissions = Array.from({ length: 10_000 }, () => bench.admit())
  for (const admission of admissions) admission.settle('good')
  await told()
  t.assert.equal(bench.breaker.state, 'closed')
})

test('slow answers open it at a rate of their own, not below it', async t => {
  const bench = new Bench(t)
  await bench.settle('good', 3)
  await bench.settle('slow', 11)
  t.assert.equal(bench.breaker.state, 'closed', '11 of 14')
  await bench.settle('slow')
  t.assert.equal(bench.breaker.state, 'open', '12 of 15')
})

test('slow answers below the minimum of calls open nothing', async t => {
  const bench = new Bench(t)
  await bench.settle('slow', 9)
  t.assert.equal(bench.breaker.state, 'closed')
})

test('slow answers are no failures, and failures are not slow', async t => {
  const bench = new Bench(t)
  await bench.settle('slow', 6)
  await bench.settle('bad', 4)
  t.assert.equal(bench.breaker.state, 'closed')
})

test('slow answers that lie longer ago than the window are forgotten', async t => {
  const bench = new Bench(t)
  await bench.settle('slow', 9)
  await bench.pass(t, SETTINGS.window + SETTINGS.window / 10)
  await bench.settle('good', 9)
  await bench.settle('slow')
  t.assert.equal(bench.breaker.state, 'closed')
})

test('a probe that answers slowly has not recovered', async t => {
  const bench = new Bench(t)
  await bench.halfOpen(t)
  await bench.settle('slow')
  t.assert.equal(bench.breaker.state, 'open')
})

test('an error rate of 1 opens when everything fails', async t => {
  const bench = new Bench(t, { errorRate: 1 })
  await bench.open()
  t.assert.equal(bench.breaker.state, 'open')
})

test('C1: neutral outcomes are neither failures nor successes', async t => {
  const bench = new Bench(t)
  await bench.settle('neutral', 1_000)
  t.assert.equal(bench.breaker.state, 'closed')
  await bench.settle('bad', 9)
  t.assert.equal(bench.breaker.state, 'closed', 'a thousand neutral ones made no calls for the minimum')
  await bench.settle('bad')
  t.assert.equal(bench.breaker.state, 'open', 'nor did they thin out the failures')
})

test('failures that lie longer ago than the window are forgotten', async t => {
  const bench = new Bench(t)
  await bench.settle('bad', 9)
  await bench.pass(t, SETTINGS.window + SETTINGS.window / 10)
  await bench.settle('bad', 9)
  t.assert.equal(bench.breaker.state, 'closed')
  await bench.pass(t, SETTINGS.window / 2)
  await bench.settle('bad')
  t.assert.equal(bench.breaker.state, 'open', 'those of half a window ago count')
})

test('attempts that are slower than the window open it when they fail (trap 17)', async t => {
  const bench = new Bench(t)
  const slow = Array.from({ length: 10 }, () => bench.admit())
  await bench.pass(t, 10 * SETTINGS.window)
  for (const admission of slow) admission.settle('bad')
  await told()
  t.assert.equal(bench.breaker.state, 'open')
})

test('an outcome counts once, whatever is said afterwards', async t => {
  const bench = new Bench(t)
  const admission = bench.admit()
  for (let index = 0; index < 20; index += 1) admission.settle('bad')
  await told()
  t.assert.equal(bench.breaker.state, 'closed')
})

test('C12: results of attempts that began before it opened are ignored (trap 17)', async t => {
  const bench = new Bench(t)
  const early = [bench.admit(), bench.admit(), bench.admit()]
  await bench.halfOpen(t)
  t.assert.equal(bench.breaker.state, 'half-open')
  for (const admission of early) admission.settle('good')
  await told()
  t.assert.equal(bench.breaker.state, 'half-open', 'successes of before do not close it')
})

test('C12: failures of attempts that began before it opened do not fail the probes', async t => {
  const bench = new Bench(t)
  const early = [bench.admit(), bench.admit(), bench.admit()]
  await bench.halfOpen(t)
  for (const admission of early) admission.settle('bad')
  await told()
  t.assert.equal(bench.breaker.state, 'half-open')
})

test('openForMs counts down to the next probe', async t => {
  const bench = new Bench(t)
  t.assert.equal(bench.breaker.openForMs, 0)
  await bench.open()
  t.assert.equal(bench.breaker.openForMs, SETTINGS.openFor)
  await bench.pass(t, 5_000)
  t.assert.equal(bench.breaker.openForMs, 10_000)
  await bench.pass(t, 10_000)
  t.assert.equal(bench.breaker.openForMs, 0)
})

test('C12: as many probes at a time as are set, no more', async t => {
  const bench = new Bench(t, { probes: 2, closeAfter: 3 })
  await bench.halfOpen(t)
  const first = bench.admit()
  bench.admit()
  t.assert.equal(bench.breaker.admit(), undefined)
  first.settle('good')
  await told()
  bench.admit()
  t.assert.equal(bench.breaker.admit(), undefined)
})

test('C12: a probe whose client leaves gives its place to the next (trap 13)', async t => {
  const bench = new Bench(t)
  await bench.halfOpen(t)
  for (let turn = 0; turn < 5; turn += 1) {
    await bench.settle('neutral')
    t.assert.equal(bench.breaker.state, 'half-open')
  }
  t.assert.equal(bench.states.at(-1), 'half-open', 'and closes nothing')
})

test('C12: a probe that hangs keeps others out for a while, not for ever (trap 15)', async t => {
  const bench = new Bench(t)
  await bench.halfOpen(t)
  bench.admit()
  await bench.pass(t, 59_000)
  t.assert.equal(bench.breaker.admit(), undefined)
  await bench.pass(t, 1_000)
  await bench.settle('good')
  await bench.settle('good')
  t.assert.equal(bench.breaker.state, 'closed', 'the one that hangs does not slow down those that follow')
})

test('C12: the outcome of a probe that was given up still counts', async t => {
  const bench = new Bench(t)
  await bench.halfOpen(t)
  const slow = bench.admit()
  await bench.pass(t, 60_000)
  bench.admit()
  slow.settle('bad')
  await told()
  t.assert.equal(bench.breaker.state, 'open')
})

test('C13: one success does not close it, the last of closeAfter does', async t => {
  const bench = new Bench(t)
  await bench.halfOpen(t)
  await bench.settle('good')
  t.assert.equal(bench.breaker.state, 'half-open')
  await bench.settle('good')
  t.assert.deepEqual(bench.states, ['open', 'half-open', 'closed'])
})

test('C12: one failed probe opens it again, for twice the time, and the count of good ones begins anew', async t => {
  const bench = new Bench(t)
  await bench.halfOpen(t)
  await bench.settle('good')
  await bench.settle('bad')
  t.assert.equal(bench.breaker.state, 'open')
  t.assert.equal(bench.breaker.openForMs, 2 * SETTINGS.openFor)
  await bench.pass(t, 2 * SETTINGS.openFor)
  await bench.settle('good')
  t.assert.equal(bench.breaker.state, 'half-open')
})

test('health takes back what repeated openings have added', async t => {
  const bench = new Bench(t)
  await bench.halfOpen(t)
  await bench.settle('bad')
  await bench.pass(t, 2 * SETTINGS.openFor)
  await bench.settle('good', 2)
  t.assert.equal(bench.breaker.state, 'closed')
  await bench.pass(t, 10 * SETTINGS.openFor)
  await bench.open()
  t.assert.equal(bench.breaker.openForMs, SETTINGS.openFor)
})

test('opossum waits as long as openForMs says', async t => {
  const bench = new Bench(t, {}, 1)
  await bench.open()
  t.assert.equal(bench.breaker.openForMs, 0.8 * SETTINGS.openFor)
  await bench.pass(t, 0.8 * SETTINGS.openFor - 1)
  t.assert.equal(bench.breaker.state, 'open')
  await bench.pass(t, 1)
  t.assert.equal(bench.breaker.state, 'half-open')
})

test('a changed setting counts from now on, with what was counted before', async t => {
  const bench = new Bench(t)
  await bench.settle('bad', 5)
  bench.change({ minimumCalls: 6 })
  t.assert.equal(bench.breaker.state, 'closed')
  await bench.settle('bad')
  t.assert.equal(bench.breaker.state, 'open')
})

test('a changed setting leaves an ejection that runs and what its probes have shown', async t => {
  const bench = new Bench(t)
  await bench.open()
  bench.change({ openFor: 1_000, closeAfter: 3, probes: 2 })
  t.assert.equal(bench.breaker.openForMs, SETTINGS.openFor)
  await bench.pass(t, SETTINGS.openFor)
  await bench.settle('good', 2)
  t.assert.equal(bench.breaker.state, 'half-open')
  bench.change({ closeAfter: 2 })
  await bench.settle('neutral')
  t.assert.equal(bench.breaker.state, 'half-open', 'a client who leaves closes nothing')
  await bench.settle('good')
  t.assert.equal(bench.breaker.state, 'closed')
})

test('closed again, it does not remember the failures that opened it', async t => {
  const bench = new Bench(t)
  await bench.halfOpen(t)
  await bench.settle('good', 2)
  await bench.settle('bad', 9)
  t.assert.equal(bench.breaker.state, 'closed')
})

test('a good and a bad probe that end together leave it in a state that can end', async t => {
  const bench = new Bench(t, { probes: 2, closeAfter: 1 })
  await bench.halfOpen(t)
  const [one, other] = [bench.admit(), bench.admit()]
  one.settle('good')
  other.settle('bad')
  await told()
  t.assert.equal(bench.breaker.state, 'closed')
  bench.admit()
})

test('trap 14: breakers of other targets take no notice', async t => {
  const routingState = new RoutingState(() => 0)
  t.after(() => routingState.shutdown())
  const labels = { provider: 'a', model: 'm', key: '0' }
  const changes: string[] = []
  routingState.onState(({ key }, state) => changes.push(`${key} ${state}`))
  const sick = routingState.breaker('a/m#0', SETTINGS, labels)
  const well = routingState.breaker('a/m#1', SETTINGS, { ...labels, key: '1' })
  for (let index = 0; index < 10; index += 1) sick.admit()?.settle('bad')
  await told()
  t.assert.deepEqual(changes, ['0 open'])
  t.assert.notEqual(well.admit(), undefined)
  const changed = { ...SETTINGS, closeAfter: 7 }
  t.assert.equal(routingState.breaker('a/m#0', changed, labels), sick, 'the same breaker for the same id')
  t.assert.equal(sick.settings, changed, 'with the settings of whoever asked last')
})

test('trap 19: a closed breaker has no timers, and shutdown ends the one of an open breaker', async t => {
  const timers = mock.method(globalThis, 'setInterval')
  t.after(() => timers.mock.restore())
  const bench = new Bench(t)
  await bench.open()
  t.assert.equal(timers.mock.callCount(), 0)
  bench.breaker.shutdown()
  await bench.pass(t, 10 * SETTINGS.openFor)
  t.assert.deepEqual(bench.states, ['open'])
})

test('an attempt that ends after its breaker was shut down is no error, and opens nothing', async t => {
  const routingState = new RoutingState(() => 0)
  const settings = { ...SETTINGS, minimumCalls: 1 }
  const breaker = routingState.breaker('a/m#0', settings, { provider: 'a', model: 'm', key: '0' })
  const late = breaker.admit()
  routingState.drop('a/m#0')
  t.assert.doesNotThrow(() => late?.settle('bad'))
  await told()
  t.assert.equal(breaker.state, 'closed')
})
