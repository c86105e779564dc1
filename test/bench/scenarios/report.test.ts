import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { barChart } from '../../../bench/scenarios/bar-chart.ts'
import { judge, percent } from '../../../bench/scenarios/bars.ts'
import type { Outcome } from '../../../bench/scenarios/client.ts'
import { type Figures, figuresOf, percentile } from '../../../bench/scenarios/figures.ts'
import type { Run } from '../../../bench/scenarios/run.ts'
import { QUICK } from '../../../bench/scenarios/script.ts'
import { timelineChart } from '../../../bench/scenarios/timeline-chart.ts'
import { assertWellFormed } from '../well-formed.ts'

const IDLE = { direct: 0.2, sluice: 0.5, added: 0.3 }

function runOf(outcomes: readonly Outcome[], members: Partial<Run> = {}): Run {
  const usage = { cpu: 1, memory: 2 }
  return { arm: 'sluice', vendors: 1, outcomes, upstreamCalls: 3, clients: usage, between: usage, ...members }
}

/** Figures of an arm that answered a hundred calls as `members` say. */
function figures(arm: string, vendors: 1 | 2, members: Partial<Figures> = {}): Figures {
  const run = runOf([{ at: 0, latency: 100 }], { arm, vendors, upstreamCalls: 1 })
  return { ...figuresOf(run, QUICK), ...members }
}

suite('figures of the scenarios', () => {
  test('a percentile is the nearest rank, whatever the order; of nothing there is none', () => {
    const values = Array.from({ length: 100 }, (_, index) => 100 - index)
    assert.deepEqual(
      [0.5, 0.99, 1, 0].map(share => percentile(values, share)),
      [50, 99, 100, 1],
    )
    assert.equal(percentile([7], 0.99), 7)
    assert.ok(Number.isNaN(percentile([], 0.5)))
  })

  test('latencies are those of calls that succeeded, errors are counted over all, by kind', () => {
    const outcomes: Outcome[] = [
      { at: 1, latency: 100 },
      { at: 2, latency: 300 },
      { at: 3, latency: 9000, failure: 'late' },
      { at: 4, latency: 1, failure: 'status' },
    ]
    const { calls, errorRate, mean, p99, failures, upstreamRatio } = figuresOf(runOf(outcomes), QUICK)
    assert.deepEqual([calls, errorRate, mean, p99, upstreamRatio], [4, 0.5, 200, 300, 0.75])
    assert.deepEqual(failures, { refused: 0, status: 1, broken: 0, network: 0, late: 1 })
  })

  test('calls that come while no vendor is up are told apart, and who is told when to come back is not in the dark', () => {
    const down = QUICK.vendors.gpt.outages?.[0]?.after ?? Number.NaN
    const outcomes: Outcome[] = [
      { at: down - 1_001, latency: 100 },
      { at: down - 1, latency: 1, failure: 'refused' },
      { at: down + 1, latency: 1, failure: 'network' },
    ]
    const one = figuresOf(runOf(outcomes), QUICK)
    assert.deepEqual([one.callsWhileUp, one.errorRateWhileUp, one.leftInTheDark], [1, 0, 1])
    const two = figuresOf(runOf(outcomes, { vendors: 2 }), QUICK)
    assert.deepEqual([two.callsWhileUp, two.errorRateWhileUp, two.leftInTheDark], [3, 2 / 3, 0])
  })
})

suite('bars of the scenarios', () => {
  const good = ([1, 2] as const).flatMap(vendors => [
    figures('direct', vendors, { p99: 1000, mean: 500 }),
    figures('queue', vendors, { p99: 900 }),
    figures('sluice', vendors, { p99: 800, mean: 390, errorRateWhileUp: 0.0005, upstreamRatio: 1.2 }),
  ])
  const spoil = (members: Partial<Figures>): Figures[] =>
    good.map(one => (one.arm === 'sluice' ? { ...one, ...members } : one))

  test('all hold where every figure just keeps its bar', () => {
    const bars = judge(good, IDLE)
    assert.deepEqual(
      bars.filter(({ holds }) => holds !== true),
      [],
    )
    assert.equal(bars.length, 10)
  })

  test('each is missed by the figure that it is about', () => {
    const missed = (members: Partial<Figures>, added = 0): string[] =>
      judge(spoil(members), { ...IDLE, added })
        .filter(({ holds }) => holds === false)
        .map(({ promise }) => promise)
    assert.match(missed({ errorRateWhileUp: 0.00051 }).join(), /^two vendors: at most 0.050 % errors,one vendor/)
    assert.match(missed({ p99: 801 }).join(), /^two vendors: p99 at most 0.8 times that of direct calls,one vendor/)
    assert.equal(missed({ p99: 901 }).length, 4)
    assert.match(missed({ mean: 391 }).join(), /^mean latency on two vendors at least 22 % below/)
    assert.equal(missed({ upstreamRatio: 1.21 }).length, 2)
    assert.match(missed({}, 1.01).join(), /^idle/)
  })

  test('during an outage of the only vendor nine in ten must be told when to come back', () => {
    const told = (leftInTheDark: number): (boolean | undefined)[] =>
      judge([figures('sluice', 1, { calls: 200, callsWhileUp: 100, leftInTheDark })], IDLE)
        .filter(({ promise }) => promise.includes('told'))
        .map(({ holds }) => holds)
    assert.deepEqual([told(10), told(11)], [[true], [false]])
  })

  test('what an absent arm leaves unmeasured is said to be so', () => {
    const bars = judge([figures('sluice', 1), figures('sluice', 2)], IDLE)
    assert.equal(bars.filter(({ measured }) => measured === 'not measured').length, 5)
  })

  test('small shares are written with more digits', () => {
    assert.deepEqual([percent(0.0005), percent(0.123)], ['0.050 %', '12.3 %'])
  })
})

suite('pictures of the scenarios', () => {
  test('bars are well-formed SVG, escaped, and an arm that was absent has none', () => {
    const groups = [
      { name: 'a "<b>" & c', values: [1, undefined] },
      { name: 'd', values: [0, 0.5] },
    ]
    const svg = barChart('Title', ['one', 'two'], groups, percent)
    assertWellFormed(svg)
    assert.match(svg, /a &quot;&lt;b&gt;&quot; &amp; c/)
    assert.match(svg, /absent/)
    assert.match(svg, /prefers-color-scheme: dark/)
    assertWellFormed(barChart('Nothing', ['one'], [{ name: 'd', values: [0] }], percent))
  })

  test('the timeline is well-formed SVG that names every arm and every trouble', () => {
    const outcomes: Outcome[] = [
      { at: 0, latency: 100 },
      { at: 10, latency: 100, failure: 'late' },
      { at: 7999, latency: 300 },
    ]
    const svg = timelineChart('Title', QUICK, [runOf(outcomes), runOf(outcomes, { arm: 'direct' })])
    assertWellFormed(svg)
    for (const word of ['sluice', 'direct', 'outage', 'brown-out', 'drip']) assert.match(svg, new RegExp(`>${word}<`))
  })
})
