import { suite, type TestContext, test } from 'node:test'
import { DecayingHistogram } from '../../../src/routing/load/decaying-histogram.ts'
import { FailureShare } from '../../../src/routing/load/failure-share.ts'
import { PeakEwma } from '../../../src/routing/load/peak-ewma.ts'
import { TargetLoad } from '../../../src/routing/load/target-load.ts'
import { RoutingState } from '../../../src/routing/routing-state.ts'

const SECOND = 1_000

/** An attempt from `begun` to an answer after `ms`. */
function answer(load: TargetLoad, streamed: boolean, begun: number, ms: number): void {
  const timing = load.begin(streamed, begun)
  timing.committed(begun + ms)
  timing.settle('good', begun + ms)
}

function fail(load: TargetLoad, begun: number, ms: number): void {
  load.begin(true, begun).settle('bad', begun + ms)
}

suite('the average of latencies', () => {
  test('a peak takes its place at once, and what follows draws it down with time', (t: TestContext) => {
    const average = new PeakEwma()
    average.observe(100, 0)
    average.observe(900, SECOND)
    t.assert.equal(average.last, 900)
    average.observe(100, 2 * SECOND)
    t.assert.ok((average.last as number) > 800, 'one quick answer proves little')
    for (let at = 3; at < 60; at += 1) average.observe(100, at * SECOND)
    t.assert.ok((average.last as number) < 110)
  })

  test('it fades in silence, and nothing is known before the first sample', t => {
    const average = new PeakEwma()
    t.assert.equal(average.last, undefined)
    t.assert.equal(average.faded(0), 0)
    average.observe(1_000, 0)
    t.assert.equal(Math.round(average.faded(10 * SECOND)), 368)
    t.assert.equal(average.last, 1_000)
  })
})

suite('percentiles', () => {
  test('are near the true ones', (t: TestContext) => {
    const histogram = new DecayingHistogram()
    for (let ms = 1; ms <= 1_000; ms += 1) histogram.observe(ms, 0)
    for (const [share, expected] of [
      [0.5, 500],
      [0.95, 950],
      [0.99, 990],
      [1, 1_000],
    ] as const) {
      const found = histogram.percentile(share) as number
      t.assert.ok(Math.abs(found / expected - 1) < 0.1, `${share}: ${found}`)
    }
  })

  test('are undefined for fewer than 20 samples', (t: TestContext) => {
    const histogram = new DecayingHistogram()
    for (let sample = 0; sample < 19; sample += 1) histogram.observe(100, 0)
    t.assert.equal(histogram.percentile(0.95), undefined)
    histogram.observe(100, 0)
    t.assert.ok(Math.abs((histogram.percentile(0.95) as number) - 100) < 10)
  })

  test('follow what is seen lately, over days', (t: TestContext) => {
    const histogram = new DecayingHistogram()
    const day = 24 * 3_600 * SECOND
    for (let sample = 0; sample < 10_000; sample += 1) histogram.observe(5_000, sample)
    for (let sample = 0; sample < 100; sample += 1) histogram.observe(100, 3 * day + sample)
    const found = histogram.percentile(0.99) as number
    t.assert.ok(Math.abs(found - 100) < 15, String(found))
  })

  test('hold values of any size', (t: TestContext) => {
    const histogram = new DecayingHistogram()
    for (let sample = 0; sample < 50; sample += 1) histogram.observe(sample < 25 ? 0 : 1e9, 0)
    t.assert.ok((histogram.percentile(0.25) as number) <= 1)
    t.assert.ok((histogram.percentile(0.95) as number) >= 500_000)
  })
})

test('the share of failures is forgotten, and one failure is half a verdict', (t: TestContext) => {
  const failures = new FailureShare()
  t.assert.equal(failures.at(0), 0)
  failures.note(true, 0)
  t.assert.equal(failures.at(0), 0.5)
  t.assert.ok(failures.at(60 * SECOND) < 0.01)
  for (let call = 0; call < 100; call += 1) failures.note(call % 5 === 0, 60 * SECOND)
  t.assert.ok(Math.abs(failures.at(60 * SECOND) - 0.2) < 0.01)
})

suite('the load of a target', () => {
  test('counts what is in flight until its end, however it ends', t => {
    const load = new TargetLoad()
    const timings = (['good', 'bad', 'neutral'] as const).map(verdict => ({ verdict, timing: load.begin(true, 0) }))
    timings[0]?.timing.committed(10)
    t.assert.equal(load.inFlight, 3, 'a stream that has begun is still in flight')
    for (const { verdict, timing } of timings) timing.settle(verdict, 20)
    t.assert.equal(load.inFlight, 0)
  })

  test('C27: an unknown one is worth one try, and nothing is divided by no samples', t => {
    const load = new TargetLoad()
    t.assert.equal(load.cost(true, 0), 0)
    const timing = load.begin(true, 0)
    t.assert.equal(load.cost(true, 0), Number.POSITIVE_INFINITY)
    timing.settle('neutral', 5)
    t.assert.equal(load.cost(true, 5), 0, 'a client that left has found out nothing')
  })

  test('C27: a failure in 5 ms costs more than an answer in 300 ms', (t: TestContext) => {
    const [failing, well] = [new TargetLoad(), new TargetLoad()]
    answer(failing, true, 0, 300)
    answer(well, true, 0, 300)
    fail(failing, 300, 5)
    t.assert.ok(failing.cost(true, 305) > 2 * well.cost(true, 305))
  })

  test('C27: nor does a failure after a long silence look fast', (t: TestContext) => {
    const load = new TargetLoad()
    answer(load, true, 0, 300)
    fail(load, 60 * SECOND, 5)
    t.assert.ok(load.cost(true, 60 * SECOND + 5) > 300)
  })

  test('C27: streams and whole answers are timed apart', (t: TestContext) => {
    const load = new TargetLoad()
    for (let call = 0; call < 20; call += 1) {
      answer(load, true, 0, 300)
      answer(load, false, 0, 20 * SECOND)
    }
    t.assert.ok((load.percentile(0.95, true) as number) < 400)
    t.assert.ok((load.percentile(0.95, false) as number) > 15 * SECOND)
    t.assert.ok(load.cost(true, SECOND) < 400)
  })

  test('a slow target that was left alone is tried by one call, and the others wait for what it finds', (t: TestContext) => {
    const load = new TargetLoad()
    answer(load, true, 0, 3_000)
    const later = 63 * SECOND
    t.assert.ok(load.cost(true, later) < 10)
    const trial = load.begin(true, later)
    t.assert.ok(load.cost(true, later) >= 6_000)
    trial.committed(later + 200)
    trial.settle('good', later + 200)
    t.assert.ok(load.cost(true, later + 200) < 250)
  })

  test('failures leave the percentiles alone', (t: TestContext) => {
    const load = new TargetLoad()
    for (let call = 0; call < 20; call += 1) answer(load, true, 0, 300)
    for (let call = 0; call < 20; call += 1) fail(load, 0, 30 * SECOND)
    t.assert.ok((load.percentile(0.95, true) as number) < 400)
  })
})

test('E22: a load is one for all routes to a target, and forgotten with it', t => {
  const state = new RoutingState(() => 0)
  const load = state.load('a/m')
  t.assert.equal(state.load('a/m'), load)
  t.assert.notEqual(state.load('b/m'), load)
  state.dropTarget('a/m')
  t.assert.notEqual(state.load('a/m'), load)
})
