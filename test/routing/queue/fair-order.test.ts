import { suite, test } from 'node:test'
import fc from 'fast-check'
import { FairOrder, type Sharer, type Standing } from '../../../src/routing/queue/fair-order.ts'
import { Heap } from '../../../src/routing/queue/heap.ts'

suite('a heap', () => {
  test('gives what is left in order of key, then of arrival, whatever was taken out', () => {
    const added = fc.array(fc.record({ key: fc.nat(5), leaves: fc.boolean() }), { maxLength: 60 })
    fc.assert(
      fc.property(added, items => {
        const heap = new Heap<number>()
        const spots = items.map(({ key }, index) => heap.add(index, key))
        for (const [index, { leaves }] of items.entries()) if (leaves) heap.remove(spots[index] as (typeof spots)[0])
        const left = items.map(({ key, leaves }, index) => ({ key, leaves, index })).filter(({ leaves }) => !leaves)
        const expected = left.toSorted((one, other) => one.key - other.key || one.index - other.index)
        return expected.every(({ index }) => takeFirst(heap) === index) && heap.size === 0
      }),
    )
  })

  test('takes out the same spot once', t => {
    const heap = new Heap<string>()
    const spot = heap.add('a', 1)
    heap.add('b', 2)
    heap.remove(spot)
    heap.remove(spot)
    t.assert.equal(heap.first?.item, 'b')
    t.assert.equal(heap.size, 1)
  })
})

function takeFirst(heap: Heap<number>): number | undefined {
  const { first } = heap
  if (first !== undefined) heap.remove(first)
  return first?.item
}

/** An order of requests by name, with what it takes to serve and remove them by name. */
function setUp() {
  const order = new FairOrder<Sharer & { readonly name: string }>()
  const standings = new Map<string, Standing<Sharer & { readonly name: string }>>()
  const add = (name: string, sharer: Partial<Sharer> = {}) =>
    standings.set(name, order.add({ name, caller: name.charAt(0), share: 1, cost: 10, deadline: 0, ...sharer }))
  const serve = () => {
    const name = order.first?.name ?? ''
    order.serve(standings.get(name) as Standing<never>)
    return name
  }
  const serveAll = () => {
    const names: string[] = []
    while (order.first !== undefined) names.push(serve())
    return names.join(' ')
  }
  return { order, add, serve, serveAll, remove: (name: string) => order.remove(standings.get(name) as Standing<never>) }
}

suite('a fair order', () => {
  test('callers of equal share take turns, however many requests one of them has', t => {
    const { add, serveAll } = setUp()
    for (const name of ['a1', 'a2', 'a3', 'a4', 'b1', 'b2']) add(name)
    t.assert.equal(serveAll(), 'a1 b1 a2 b2 a3 a4')
  })

  test('a share of three is served three times as much', t => {
    const { add, serve } = setUp()
    for (let index = 0; index < 20; index += 1) {
      add(`a${index}`, { share: 3 })
      add(`b${index}`)
    }
    const served = Array.from({ length: 16 }, () => serve().charAt(0))
    t.assert.equal(served.filter(caller => caller === 'a').length, 12)
  })

  test('shares are of tokens, not of requests', t => {
    const { add, serve } = setUp()
    for (let index = 0; index < 40; index += 1) {
      add(`a${index}`, { cost: 400 })
      add(`b${index}`, { cost: 100 })
    }
    const served = Array.from({ length: 25 }, () => serve().charAt(0))
    t.assert.equal(served.filter(caller => caller === 'b').length, 20)
  })

  test('within one caller the earliest deadline goes first, and equal ones as they came', t => {
    const { add, serveAll } = setUp()
    add('a1', { deadline: 30 })
    add('a2', { deadline: 10 })
    add('a3', { deadline: 20 })
    add('a4', { deadline: 10 })
    t.assert.equal(serveAll(), 'a2 a4 a3 a1')
  })

  test('a caller that was away is owed nothing for that time', t => {
    const { add, serve } = setUp()
    for (let index = 0; index < 10; index += 1) add(`a${index}`)
    for (let index = 0; index < 5; index += 1) serve()
    for (let index = 0; index < 5; index += 1) add(`b${index}`)
    t.assert.equal(Array.from({ length: 6 }, serve).join(' '), 'b0 a5 b1 a6 b2 a7')
  })

  test('one that leaves costs its caller nothing', t => {
    const { order, add, remove, serveAll } = setUp()
    add('a1', { cost: 1_000 })
    add('a2')
    add('b1')
    remove('a1')
    t.assert.equal(order.cost, 20)
    t.assert.equal(serveAll(), 'a2 b1')
  })

  test('what goes before a newcomer is what its own caller has waiting, and the share of the others meanwhile', t => {
    const { order, add } = setUp()
    for (let index = 0; index < 10; index += 1) add(`a${index}`)
    add('b1')
    const newcomer = (caller: string): Sharer => ({ caller, share: 1, cost: 10, deadline: 0 })
    t.assert.equal(order.ahead(newcomer('c')), 0)
    t.assert.equal(order.ahead(newcomer('b')), 20)
    t.assert.equal(order.ahead(newcomer('a')), 110, 'no more than all there is')
  })

  test('while two callers wait, their service in relation to their shares never differs by more than a request of each', () => {
    const costs = fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 5, maxLength: 50 })
    const share = fc.integer({ min: 1, max: 20 })
    fc.assert(
      fc.property(costs, costs, share, share, (ofA, ofB, shareOfA, shareOfB) => {
        const { order, add, serve } = setUp()
        for (const [index, cost] of ofA.entries()) add(`a${index}`, { cost, share: shareOfA })
        for (const [index, cost] of ofB.entries()) add(`b${index}`, { cost, share: shareOfB })
        const left = { a: ofA.length, b: ofB.length }
        const served = { a: 0, b: 0 }
        const bound = Math.max(...ofA) / shareOfA + Math.max(...ofB) / shareOfB + 1e-6
        while (left.a > 0 && left.b > 0) {
          const cost = order.first?.cost ?? 0
          const caller = serve().charAt(0) as 'a' | 'b'
          left[caller] -= 1
          served[caller] += cost / (caller === 'a' ? shareOfA : shareOfB)
          if (Math.abs(served.a - served.b) > bound) return false
        }
        return true
      }),
    )
  })
})
