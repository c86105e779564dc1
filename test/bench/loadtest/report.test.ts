import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { parse } from 'yaml'
import { judge } from '../../../bench/loadtest/bars.ts'
import { figuresOf } from '../../../bench/loadtest/figures.ts'
import { gatewayConfig } from '../../../bench/loadtest/gateway-config.ts'
import { lineChart } from '../../../bench/loadtest/line-chart.ts'
import { pictures } from '../../../bench/loadtest/pictures.ts'
import { QUICK } from '../../../bench/loadtest/plan.ts'
import { page, type Report } from '../../../bench/loadtest/report.ts'
import { loadText } from '../../load-text.ts'
import { assertWellFormed } from '../well-formed.ts'
import { aRun } from './run.ts'

function aReport(): Report {
  const run = aRun()
  const figures = figuresOf(run.results, run.samples, 100)
  return {
    date: '2030-01-31',
    node: 'v24.0.0',
    machine: '2 x CPU',
    loadBefore: 0.1,
    locust: 'locust 2.0.0',
    plan: QUICK,
    run,
    figures,
    bars: judge(figures),
  }
}

suite('pictures of the load test', () => {
  test('are well-formed, and the page shows every one of them', () => {
    const { run } = aReport()
    const shown = page(aReport())
    for (const [name, svg] of Object.entries(pictures(run, 100))) {
      assertWellFormed(svg)
      assert.ok(shown.includes(`(loadtest/${name})`), name)
    }
  })

  test('are well-formed for a run in which nothing was seen', () => {
    const { results } = aRun()
    for (const svg of Object.values(pictures({ results: { ...results, moments: [] }, samples: [] }, 100)))
      assertWellFormed(svg)
  })

  test('a line is broken where a value is missing, and the scale ends at a round number above the highest', () => {
    const points = [
      [0, 1],
      [1, undefined],
      [2, 3],
    ] as const
    const svg = lineChart({ title: 'a & b', lines: [{ name: 'a', points }], held: [1, 2], format: String })
    assertWellFormed(svg)
    assert.match(svg, /d="M80 \d+(?:\.\d)?M940 /)
    assert.match(svg, />4<\/text>/)
  })
})

suite('docs/loadtest.md', () => {
  test('says of each bar whether it holds, and why calls failed', () => {
    const text = page(aReport())
    assert.match(text, /errors below .* 1\.0 % \| +NO \|/)
    assert.match(text, /CPU of the gateway .* yes \|/)
    assert.match(text, /- chat: cut off \(2 times\)/)
  })
})

test('the gateway accepts the configuration, with limits and breakers at every place that can have them', async () => {
  const text = gatewayConfig({ port: 1, opsPort: 2, vendors: ['http://127.0.0.1:3', 'http://127.0.0.1:4'] })
  await loadText(text, {})
  const { providers, keys } = parse(text)
  for (const place of [...Object.values<object>(providers), ...keys]) assert.ok('limits' in place)
  for (const provider of Object.values<object>(providers)) assert.ok('breaker' in provider)
})
