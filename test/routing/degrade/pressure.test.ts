import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Pressed, pressureOn } from '../../../src/routing/degrade/pressure.ts'

/** A target whose keys have spent such shares of their quota, are at another limit, or are out. */
function target(...keys: readonly (number | 'limited' | 'out')[]): Pressed {
  const candidates = keys.map(key => ({
    gate: {
      ready: () => typeof key === 'number',
      well: () => key !== 'out',
      spent: () => (typeof key === 'number' ? key : 0.1),
    },
  }))
  return { candidates }
}

const CASES: readonly (readonly [string, readonly Pressed[], number | undefined, number])[] = [
  ['nothing', [target(0), target(0)], undefined, 0],
  ['no targets at all', [], undefined, 0],
  ['an outage of one target of two', [target('out'), target(0)], undefined, 0.5],
  ['an outage of all', [target('out'), target('out')], undefined, 1],
  ['an outage of one key of three', [target('out', 0, 0)], undefined, 1 / 3],
  ['a quota that runs low', [target(0.8)], undefined, 0.8],
  ['a quota that runs low at one target of two', [target(0.8), target(0)], undefined, 0.4],
  ['an outage beside a quota that runs low', [target('out'), target(0.5)], undefined, 0.75],
  ['a limit that nobody may wait for', [target('limited')], undefined, 1],
  ['a limit that is waited for', [target('limited')], 0.3, 0.3],
  ['an empty queue', [target(0)], 0, 0],
  ['a queue that fills', [target(0)], 0.6, 0.6],
  ['a queue that fills more than targets are out', [target('out'), target(0)], 0.9, 0.9],
  ['a queue that fills less than targets are out', [target('out'), target(0)], 0.2, 0.5],
]
for (const [name, targets, fullness, expected] of CASES) {
  test(`the pressure of ${name} is ${expected.toFixed(2)}`, () => {
    const queue = fullness === undefined ? undefined : { fullness: () => fullness }
    assert.equal(pressureOn(targets, queue, 0), expected)
  })
}
