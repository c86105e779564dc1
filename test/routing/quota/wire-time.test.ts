import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { untilMs } from '../../../src/routing/quota/wire-time.ts'

const NOW = Date.parse('2026-11-23T12:00:00Z')

test('C4: seconds, Go durations and dates', () => {
  for (const [text, expected] of [
    ['30', 30_000],
    [' 0.25 ', 250],
    ['6m0s', 360_000],
    ['1h2m3.5s', 3_723_500],
    ['20ms', 20],
    ['1m0.5ms', 60_000.5],
    ['500µs', 0.5],
    ['0s', 0],
    ['2026-11-23T12:00:07Z', 7_000],
    ['2026-11-23T13:00:00+01:00', 0],
    ['Mon, 23 Nov 2026 12:01:00 GMT', 60_000],
    ['2026-11-23T11:59:59Z', -1_000],
  ] as const) {
    assert.equal(untilMs(text, NOW), expected, text)
  }
})

test('garbage is no time', () => {
  for (const text of ['', ' ', 'soon', 's', '5x', '1.2.3s', '--', '5sm', '٣s']) {
    assert.ok(Number.isNaN(untilMs(text, NOW)), text)
  }
})

test('no text is too strange to be read', () => {
  fc.assert(fc.property(fc.string(), text => typeof untilMs(text, NOW) === 'number'))
})

test('a duration is the sum of its parts', () => {
  const part = fc.integer({ min: 0, max: 59 })
  fc.assert(
    fc.property(part, part, part, (hours, minutes, seconds) => {
      assert.equal(untilMs(`${hours}h${minutes}m${seconds}s`, NOW), ((hours * 60 + minutes) * 60 + seconds) * 1_000)
    }),
  )
})
