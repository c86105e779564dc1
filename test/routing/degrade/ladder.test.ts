import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ladder } from '../../../src/routing/degrade/ladder.ts'

const SETTINGS = { steps: 3, pressure: 0.5, after: 10, recoverAfter: 60 }

/** What is asked of a ladder, one after another: time, pressure, and how many steps are to be taken then. */
type Course = readonly (readonly [now: number, pressure: number, steps: number])[]

const COURSES: Readonly<Record<string, Course>> = {
  'no pressure, no step': [
    [0, 0, 0],
    [1_000, 0.49, 0],
  ],
  'a step is taken when the pressure has held for `after`, and one more after as long again': [
    [0, 0.5, 0],
    [9, 1, 0],
    [10, 0.5, 1],
    [19, 1, 1],
    [20, 1, 2],
    [30, 1, 3],
  ],
  'there are no more steps than there are': [
    [0, 1, 0],
    [10, 1, 1],
    [20, 1, 2],
    [30, 1, 3],
    [40, 1, 3],
    [1_000, 1, 3],
  ],
  'a pressure that comes and goes takes no step': [
    [0, 1, 0],
    [9, 1, 0],
    [10, 0, 0],
    [11, 1, 0],
    [20, 1, 0],
    [21, 1, 1],
  ],
  'a step is taken back when the pressure has been gone for `recoverAfter`, one at a time': [
    [0, 1, 0],
    [10, 1, 1],
    [20, 1, 2],
    [21, 0, 2],
    [80, 0, 2],
    [81, 0, 1],
    [140, 0, 1],
    [141, 0, 0],
    [1_000, 0, 0],
  ],
  'a new pressure on the way back begins the wait anew': [
    [0, 1, 0],
    [10, 1, 1],
    [20, 0, 1],
    [79, 0, 1],
    [80, 1, 1],
    [81, 0, 1],
    [140, 0, 1],
    [141, 0, 0],
  ],
  'a silence counts as more of what came before it, and is worth one step': [
    [0, 1, 0],
    [10_000, 1, 1],
    [10_001, 0, 1],
    [20_000, 0, 0],
  ],
}

for (const [name, course] of Object.entries(COURSES)) {
  test(name, () => {
    const ladder = new Ladder(SETTINGS)
    for (const [now, pressure, steps] of course) assert.equal(ladder.steps(pressure, now), steps, `at ${now}`)
  })
}

test('with `after: 0` the first request under pressure takes a step', () => {
  const ladder = new Ladder({ ...SETTINGS, after: 0 })
  assert.equal(ladder.steps(1, 5), 1)
  assert.equal(ladder.steps(0, 6), 1)
})
