import { type TestContext, test } from 'node:test'
import { atTurnEnd } from '../../src/upstream/turn.ts'

test('jobs run in their order, behind everything else of the turn', async (t: TestContext) => {
  const order: string[] = []
  atTurnEnd(() => order.push('first'))
  atTurnEnd(() => order.push('second'))
  process.nextTick(() => order.push('tick'))
  queueMicrotask(() => order.push('microtask'))
  await new Promise(setImmediate)
  t.assert.deepEqual(order.toSorted(), ['first', 'microtask', 'second', 'tick'])
  t.assert.deepEqual(order.slice(2), ['first', 'second'])
})

test('a job that comes of a job is of the next turn', async (t: TestContext) => {
  const order: string[] = []
  atTurnEnd(() => {
    order.push('job')
    atTurnEnd(() => order.push('its own'))
  })
  await new Promise(setImmediate)
  t.assert.deepEqual(order, ['job'])
  await new Promise(setImmediate)
  t.assert.deepEqual(order, ['job', 'its own'])
})
