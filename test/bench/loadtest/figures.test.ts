import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { judge } from '../../../bench/loadtest/bars.ts'
import { type Figures, figuresOf } from '../../../bench/loadtest/figures.ts'
import { between, type Histogram, quantile, readHistogram } from '../../../bench/loadtest/histogram.ts'
import { FULL, lengthOf, QUICK } from '../../../bench/loadtest/plan.ts'
import { slope } from '../../../bench/loadtest/slope.ts'
import { aRun } from './run.ts'

suite('the straight line through points', () => {
  test('has the slope of points on a line, and the best one of points beside it', () => {
    assert.equal(slope([0, 1, 2, 3].map(x => [x, 5 - 2 * x])), -2)
    assert.equal(
      slope([
        [0, 0],
        [1, 3],
        [2, 0],
        [3, 3],
      ]),
      0.6,
    )
  })

  test('there is none through one point', () => {
    assert.ok(Number.isNaN(slope([[1, 1]])))
  })
})

suite('histograms', () => {
  const histogram: Histogram = [
    [0.001, 50],
    [0.002, 90],
    [0.005, 98],
    [Number.POSITIVE_INFINITY, 100],
  ]

  test('are read from the text of /metrics, with whatever labels stand beside the bound', () => {
    const text = `# TYPE x_seconds histogram
x_seconds_bucket{le="0.001"} 50
x_seconds_bucket{app="a",le="0.002",zone="b"} 90
x_seconds_bucket{le="+Inf"} 100
x_seconds_count 100
other_x_seconds_bucket{le="7"} 1
`
    const expected = [
      [0.001, 50],
      [0.002, 90],
      [Number.POSITIVE_INFINITY, 100],
    ]
    assert.deepEqual(readHistogram(text, 'x_seconds'), expected)
    assert.throws(() => readHistogram(text, 'y_seconds'), /y_seconds/)
  })

  test('a quantile is spread evenly within its bucket, and beyond the last bound is that bound', () => {
    const quantiles = [0.25, 0.5, 0.7, 0.98, 0.99].map(share => quantile(histogram, share))
    assert.deepEqual(
      quantiles.map(value => Math.round((value ?? 0) * 1e7) / 1e7),
      [0.0005, 0.001, 0.0015, 0.005, 0.005],
    )
  })

  test('what was observed between two readings is their difference; of nothing there is no quantile', () => {
    assert.deepEqual(
      between(
        [
          [1, 2],
          [2, 3],
        ],
        [
          [1, 5],
          [2, 9],
        ],
      ),
      [
        [1, 3],
        [2, 6],
      ],
    )
    assert.equal(quantile(between(histogram, histogram), 0.99), undefined)
  })
})

suite('figures of the load test', () => {
  test('are taken over the time when all users were there, errors over the whole run', () => {
    const { results, samples } = aRun()
    const { errorRate, requestsPerSecond, cpu, busiest, memory, living, overhead } = figuresOf(results, samples, 100)
    assert.equal(errorRate, 0.01)
    assert.equal(requestsPerSecond, 10)
    assert.deepEqual([cpu.gateway, cpu.simulator, cpu.locust, busiest], [0.25, 0.125, 0.0625, 0.25])
    assert.deepEqual([memory.first, memory.last], [105, 119])
    assert.deepEqual(living, [50, 50])
    // 1 MiB a second.
    assert.equal(memory.growth.toFixed(3), (60 * 1.048576).toFixed(3))
    assert.equal(overhead.toFixed(2), '0.99')
  })

  test('are refused when the users were never all there', () => {
    const { results, samples } = aRun()
    assert.throws(() => figuresOf(results, samples, 101), /never 101 users/)
  })
})

suite('bars of the load test', () => {
  const good: Figures = {
    seconds: 300,
    errorRate: 0.0099,
    requestsPerSecond: 100,
    cpu: { gateway: 0.69, simulator: 0.9, locust: 0.9 },
    busiest: 0.9,
    memory: { first: 100, last: 200, growth: 19.9 },
    living: [40, 40],
    overhead: 19.9,
  }
  const verdicts = (figures: Figures) => judge(figures).map(({ holds }) => holds)

  test('hold just below what they allow', () => {
    assert.deepEqual(verdicts(good), [true, true, true, true])
  })

  test('each is missed at what it allows, by itself', () => {
    assert.deepEqual(verdicts({ ...good, errorRate: 0.01 }), [false, true, true, true])
    assert.deepEqual(verdicts({ ...good, cpu: { ...good.cpu, gateway: 0.7 } }), [true, false, true, true])
    assert.deepEqual(verdicts({ ...good, memory: { ...good.memory, growth: 20 } }), [true, true, false, true])
    assert.deepEqual(verdicts({ ...good, overhead: 20 }), [true, true, true, false])
  })

  test('memory is not judged after a run that was too short for it', () => {
    assert.deepEqual(verdicts({ ...good, seconds: 45, memory: { ...good.memory, growth: 20 } }), [
      true,
      true,
      undefined,
      true,
    ])
  })

  test('a figure that could not be taken holds nothing', () => {
    assert.deepEqual(verdicts({ ...good, overhead: Number.NaN }), [true, true, true, false])
  })
})

test('the short form of the load test takes a minute, and the full one holds its users for five', () => {
  assert.equal(lengthOf(QUICK), 60)
  assert.deepEqual([FULL.users, FULL.holdSeconds, lengthOf(FULL)], [3000, 300, 368])
})
