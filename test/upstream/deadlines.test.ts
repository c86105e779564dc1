import { type TestContext, test } from 'node:test'
import { deadlines, type Expirable, TICK_MS } from '../../src/upstream/deadlines.ts'

class Entry implements Expirable {
  dueTick: number
  slot = -1
  fired = 0
  readonly #then: () => void
  constructor(ms: number, then: () => void = () => {}) {
    this.dueTick = deadlines.after(ms)
    this.#then = then
  }
  onDue(): void {
    this.fired += 1
    this.#then()
  }
}

function watched(t: TestContext, ms: number, then?: () => void): Entry {
  const entry = new Entry(ms, then)
  deadlines.watch(entry)
  t.after(() => deadlines.forget(entry))
  return entry
}

function useFakeTimers(t: TestContext): void {
  t.mock.timers.enable({ apis: ['setInterval'] })
  // The interval of a test before this one must not stay behind: a tick without entries ends it.
  t.after(() => t.mock.timers.tick(2 * TICK_MS))
}

test('fires once, not before its time and at most two ticks after it', t => {
  useFakeTimers(t)
  const entry = watched(t, 1_000)
  t.mock.timers.tick(999)
  t.assert.equal(entry.fired, 0)
  t.mock.timers.tick(1 + 2 * TICK_MS)
  t.assert.equal(entry.fired, 1)
  t.mock.timers.tick(10_000)
  t.assert.equal(entry.fired, 1)
})

test('a deadline that is moved on fires at its new time', t => {
  useFakeTimers(t)
  const entry = watched(t, 500)
  for (let turn = 0; turn < 10; turn += 1) {
    t.mock.timers.tick(400)
    entry.dueTick = deadlines.after(500)
  }
  t.assert.equal(entry.fired, 0)
  t.mock.timers.tick(500 + 2 * TICK_MS)
  t.assert.equal(entry.fired, 1)
})

test('what is forgotten does not fire, and those that remain do', t => {
  useFakeTimers(t)
  const entries = Array.from({ length: 5 }, () => watched(t, 100))
  for (const index of [0, 4, 2]) deadlines.forget(entries[index] as Entry)
  deadlines.forget(entries[0] as Entry)
  t.mock.timers.tick(200)
  t.assert.deepEqual(
    entries.map(({ fired }) => fired),
    [0, 1, 0, 1, 0],
  )
})

test('one that forgets its neighbours while it fires disturbs no other', t => {
  useFakeTimers(t)
  const neighbours: Entry[] = []
  const forgetThree = (): void => {
    for (const at of [0, 1, 2]) deadlines.forget(neighbours[at] as Entry)
  }
  for (let index = 0; index < 6; index += 1) neighbours.push(watched(t, 100, index === 5 ? forgetThree : undefined))
  t.mock.timers.tick(300)
  t.assert.deepEqual(
    neighbours.map(({ fired }) => fired),
    [0, 0, 0, 1, 1, 1],
  )
})

test('one may watch again from within', t => {
  useFakeTimers(t)
  const entry: Entry = watched(t, 100, () => {
    if (entry.fired > 2) return
    entry.dueTick = deadlines.after(100)
    deadlines.watch(entry)
  })
  t.mock.timers.tick(1_000)
  t.assert.equal(entry.fired, 3)
})

test('nothing ticks while nothing is watched', t => {
  useFakeTimers(t)
  const started = t.mock.method(globalThis, 'setInterval')
  watched(t, 50)
  t.mock.timers.tick(200)
  t.assert.equal(started.mock.callCount(), 1)
  watched(t, 50)
  t.assert.equal(started.mock.callCount(), 2, 'a new interval, because the old one had ended')
  t.mock.timers.tick(200)
})
