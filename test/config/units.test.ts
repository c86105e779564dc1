import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseDuration, parseSize } from '../../src/config/units.ts'

test('durations are milliseconds', () => {
  const read = ['250ms', '5s', '1.5m', '2h', '1d', '0ms'].map(parseDuration)
  assert.deepEqual(read, [250, 5000, 90_000, 7_200_000, 86_400_000, 0])
})

test('sizes are bytes, in powers of 1024', () => {
  assert.deepEqual(['512B', '64KiB', '32MiB', '1.5GiB'].map(parseSize), [512, 65_536, 33_554_432, 1_610_612_736])
})

test('what has no unit, an unknown one or a sign is neither', () => {
  for (const text of ['5', '', '5 s', '-5s', '5sec', '5S', '1e3ms', 's'])
    assert.equal(parseDuration(text), Number.NaN, text)
  for (const text of ['5', '', '5MB', '-1KiB', '32mib']) assert.equal(parseSize(text), Number.NaN, text)
})
