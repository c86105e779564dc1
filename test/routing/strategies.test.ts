import { suite, type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { TargetLoad } from '../../src/routing/load/target-load.ts'
import {
  cheapest,
  leastBusy,
  leastLatency,
  type Price,
  priority,
  STRATEGIES,
  type Strategy,
  type StrategyContext,
  weighted,
} from '../../src/routing/strategies.ts'
import { seededRandom as seeded } from '../../src/sim/random.ts'

function target(name: string, weight = 1, price?: Price) {
  return { name, weight, price, due: 0, load: new TargetLoad() }
}

type Target = ReturnType<typeof target>

function circumstances(random = seeded(1), now = 0): StrategyContext {
  return { streamed: true, now, random }
}

function names(targets: readonly Target[]): string {
  return targets.map(({ name }) => name).join('')
}

/** How often each target stands in `place` in so many orders. */
function counted(strategy: Strategy, targets: readonly Target[], orders: number, place = 0): Record<string, number> {
  const moment = circumstances()
  const counts: Record<string, number> = Object.fromEntries(targets.map(({ name }) => [name, 0]))
  for (let order = 0; order < orders; order += 1) {
    const name = strategy(targets, moment)[place]?.name as string
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

/** Lets a target answer streams after so many ms, the last one at `now` 0. */
function answering(name: string, ms: number): Target {
  const made = target(name)
  const timing = made.load.begin(true, -ms)
  timing.committed(0)
  timing.settle('good', 0)
  return made
}

/** Has as many attempts in flight, which wait for their answers since `now` 0. */
function busy(made: Target, attempts: number): Target {
  for (let attempt = 0; attempt < attempts; attempt += 1) made.load.begin(true, 0)
  return made
}

suite('every strategy', () => {
  for (const [name, strategy] of Object.entries(STRATEGIES)) {
    test(`C7: ${name} lists each target once`, () => {
      const targets = fc.array(fc.record({ weight: fc.nat(5), busy: fc.nat(3), price: fc.option(fc.nat(9)) }), {
        minLength: 1,
        maxLength: 6,
      })
      fc.assert(
        fc.property(targets, fc.nat(), (list, seed) => {
          const made = list.map(({ weight, busy: attempts, price }, index) =>
            busy(target(String(index), weight, price === null ? undefined : { input: price, output: 1 }), attempts),
          )
          const order = strategy(made, circumstances(seeded(seed)))
          return new Set(order).size === made.length && order.length === made.length
        }),
      )
    })
  }
})

suite('weighted', () => {
  test('C28: 90 and 10 of 10 000 are exactly that', t => {
    t.assert.deepEqual(counted(weighted, [target('a', 90), target('b', 10)], 10_000), { a: 9_000, b: 1_000 })
  })

  test('C28: over any run each share is within one of its due', () => {
    const weights = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(weights, fc.integer({ min: 1, max: 500 }), (list, picks) => {
        const counts = counted(
          weighted,
          list.map((weight, index) => target(String(index), weight)),
          picks,
        )
        const total = list.reduce((sum, weight) => sum + weight, 0)
        return list.every((weight, index) => Math.abs((counts[index] ?? 0) - (picks * weight) / total) <= list.length)
      }),
    )
  })

  test('C28: the shares of those who are left are renormalised when one cannot answer, and again when it is back', (t: TestContext) => {
    const all = [target('a', 60), target('b', 30), target('c', 10)]
    counted(weighted, all, 137)
    const without = counted(weighted, all.slice(1), 4_000)
    const again = counted(weighted, all, 1_000)
    for (const [count, due] of [
      [without.b, 3_000],
      [without.c, 1_000],
      [again.a, 600],
      [again.b, 300],
      [again.c, 100],
    ] as const)
      t.assert.ok(Math.abs((count ?? 0) - due) <= 3, `${count} of ${due}`)
  })

  test('C28: those who stand in for a target that fails share its calls by weight, not all by the heaviest', (t: TestContext) => {
    const { a = 0, b = 0, c = 0 } = counted(weighted, [target('a', 1_000), target('b', 3), target('c', 1)], 10_000, 1)
    t.assert.ok(a < 100, 'a is nearly always first')
    t.assert.ok(Math.abs(b / (b + c) - 0.75) < 0.02, `${b} : ${c}`)
  })

  test('C28: weight 0 is never first, yet there to fail over to', t => {
    const targets = [target('zero', 0), target('a', 1), target('b', 2)]
    t.assert.deepEqual(counted(weighted, targets, 300), { zero: 0, a: 100, b: 200 })
    t.assert.deepEqual(counted(weighted, targets, 300, 2), { zero: 300, a: 0, b: 0 })
  })

  test('C28: where all weights are 0 the first is asked', t => {
    t.assert.deepEqual(counted(weighted, [target('a', 0), target('b', 0)], 3), { a: 3, b: 0 })
  })

  test('picks are spread, not bunched', t => {
    const targets = [target('a', 2), target('b', 1)]
    const picks = Array.from({ length: 6 }, () => weighted(targets, circumstances())[0]?.name).join('')
    t.assert.equal(picks, 'abaaba')
  })
})

suite('least-latency', () => {
  const cases: readonly [string, () => readonly Target[], string][] = [
    ['the faster one is asked', () => [answering('slow', 900), answering('fast', 300)], 'fast'],
    ['until it is busier than it is faster', () => [answering('slow', 900), busy(answering('fast', 300), 3)], 'slow'],
    ['C27: a target without an answer gets a try', () => [answering('known', 300), target('cold')], 'cold'],
    ['C27: one at a time', () => [busy(answering('known', 300), 50), busy(target('cold'), 1)], 'known'],
    ['C27: cold ones share what comes', () => [busy(target('more'), 2), busy(target('fewer'), 1)], 'fewer'],
  ]

  for (const [name, targets, first] of cases) {
    test(name, t => {
      for (let seed = 0; seed < 20; seed += 1)
        t.assert.equal(leastLatency(targets(), circumstances(seeded(seed)))[0]?.name, first)
    })
  }

  test('C27: a target that fails in 5 ms loses to one that answers in a second, however busy that one is', t => {
    const failing = target('failing')
    for (let call = 0; call < 20; call += 1) failing.load.begin(true, -5).settle('bad', 0)
    t.assert.equal(leastLatency([failing, busy(answering('well', 1_000), 200)], circumstances())[0]?.name, 'well')
  })

  test('of many targets two are drawn, so that the one best is not trampled, and the worst is never first', (t: TestContext) => {
    const targets = [100, 200, 300, 400].map(ms => answering(String(ms), ms))
    const counts = counted(leastLatency, targets, 6_000)
    const expected = { 100: 3_000, 200: 2_000, 300: 1_000, 400: 0 }
    for (const [name, count] of Object.entries(expected))
      t.assert.ok(Math.abs((counts[name] ?? 0) - count) < 150, `${name}: ${counts[name]}`)
  })

  test('the others follow from the fastest to the slowest', t => {
    const targets = [answering('c', 300), answering('a', 100), answering('b', 200)]
    const orders = new Set(
      Array.from({ length: 50 }, (_, seed) => names(leastLatency(targets, circumstances(seeded(seed))))),
    )
    t.assert.deepEqual(orders, new Set(['abc', 'bac']))
  })
})

/** Every order that any lot leads to: a single one could be the right one by luck. */
function leastBusyOrders(targets: readonly Target[]): string[] {
  const orders = Array.from({ length: 50 }, (_, seed) => names(leastBusy(targets, circumstances(seeded(seed)))))
  return [...new Set(orders)]
}

suite('least-busy', () => {
  test('fewest attempts in flight first', t => {
    const targets = [busy(target('c'), 3), busy(target('a'), 1), busy(target('b'), 2)]
    t.assert.deepEqual(leastBusyOrders(targets), ['abc'])
  })

  test('a target of twice the weight takes twice as many', t => {
    t.assert.deepEqual(leastBusyOrders([busy(target('b', 1), 2), busy(target('a', 2), 3)]), ['ab'])
  })

  test('idle ones share by weight', (t: TestContext) => {
    const { a = 0 } = counted(leastBusy, [target('a', 3), target('b', 1)], 10_000)
    t.assert.ok(Math.abs(a - 7_500) < 200, String(a))
  })

  test('C28: weight 0 comes last, however idle', t => {
    t.assert.deepEqual(leastBusyOrders([target('b', 0), busy(target('a'), 9)]), ['ab'])
  })
})

suite('cheapest', () => {
  test('lowest price first, an unknown one last', t => {
    const targets = [
      target('d'),
      target('c', 1, { input: 3, output: 15 }),
      target('b', 1, { input: 4, output: 2 }),
      target('a', 1, { input: 0, output: 0 }),
    ]
    t.assert.equal(names(cheapest(targets, circumstances())), 'abcd')
  })

  test('equal prices share by weight', (t: TestContext) => {
    const price = { input: 1, output: 1 }
    const { a = 0, dear = 0 } = counted(
      cheapest,
      [target('a', 3, price), target('b', 1, price), target('dear')],
      10_000,
    )
    t.assert.ok(Math.abs(a - 7_500) < 200, String(a))
    t.assert.equal(dear, 0)
  })
})

test('priority keeps the order of the config', t => {
  t.assert.equal(names(priority([target('a', 0), target('b', 9)])), 'ab')
})
