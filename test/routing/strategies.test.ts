import { test } from 'node:test'
import fc from 'fast-check'
import { priority, type WeightState, weighted } from '../../src/routing/strategies.ts'

function target(name: string, weight: number) {
  return { name, weight }
}

/** How often each target came first in so many picks. */
function firsts(targets: ReturnType<typeof target>[], picks: number): Record<string, number> {
  const state: WeightState = []
  const counts: Record<string, number> = Object.fromEntries(targets.map(({ name }) => [name, 0]))
  for (let pick = 0; pick < picks; pick += 1) {
    const name = weighted(targets, state)[0]?.name as string
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

test('C28: 90 and 10 of 10 000 are exactly that', t => {
  t.assert.deepEqual(firsts([target('a', 90), target('b', 10)], 10_000), { a: 9_000, b: 1_000 })
})

test('C28: over any run each share is within one of its due', () => {
  const weights = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(weights, fc.integer({ min: 1, max: 500 }), (list, picks) => {
      const counts = firsts(
        list.map((weight, index) => target(String(index), weight)),
        picks,
      )
      const total = list.reduce((sum, weight) => sum + weight, 0)
      return list.every((weight, index) => Math.abs((counts[index] ?? 0) - (picks * weight) / total) <= list.length)
    }),
  )
})

test('C28: weight 0 is never first, yet there to fail over to', t => {
  const targets = [target('zero', 0), target('a', 1), target('b', 2)]
  t.assert.deepEqual(firsts(targets, 300), { zero: 0, a: 100, b: 200 })
  t.assert.equal(weighted(targets, []).at(-1)?.name, 'zero')
})

test('C28: where all weights are 0 the first is asked', t => {
  t.assert.deepEqual(firsts([target('a', 0), target('b', 0)], 3), { a: 3, b: 0 })
})

test('C7: every order holds each target once', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(5), { minLength: 1, maxLength: 6 }), list => {
      const targets = list.map((weight, index) => target(String(index), weight))
      const order = weighted(targets, [])
      return new Set(order).size === targets.length && order.length === targets.length
    }),
  )
})

test('picks are spread, not bunched', t => {
  const state: WeightState = []
  const targets = [target('a', 2), target('b', 1)]
  const picks = Array.from({ length: 6 }, () => weighted(targets, state)[0]?.name).join('')
  t.assert.equal(picks, 'abaaba')
})

test('the targets behind the first stand by weight', t => {
  const order = weighted([target('a', 5), target('b', 1), target('c', 3)], [])
  t.assert.deepEqual(
    order.map(({ name }) => name),
    ['a', 'c', 'b'],
  )
})

test('priority keeps the order of the config', t => {
  const targets = [target('a', 0), target('b', 9)]
  t.assert.deepEqual(priority(targets), targets)
})
