import { suite, type TestContext, test } from 'node:test'
import { setUpQueue } from './waiting.ts'

suite('who is next', () => {
  test('those who wait are served in order as room comes, and only as far as it goes', async t => {
    const { come, vendor, queue, served, settle } = setUpQueue(t)
    for (const name of ['one', 'two', 'three']) come(name)
    vendor.free(2)
    await settle()
    t.assert.deepEqual(served, ['one', 'two'])
    t.assert.equal(queue.depth, 1)
  })

  test('interactive requests go before batch ones that came earlier', async t => {
    const { come, vendor, served, settle } = setUpQueue(t)
    come('batch', { caller: 'b', priority: 'batch' })
    come('interactive')
    vendor.free(2)
    await settle()
    t.assert.deepEqual(served, ['interactive', 'batch'])
  })

  test('a batch request that has waited half of its time is not held up by interactive ones for ever', async (t: TestContext) => {
    const { come, vendor, served, settle, advance } = setUpQueue(t)
    const batch = come('batch', { caller: 'b', priority: 'batch', maxWait: 4_000 })
    for (let second = 0; second < 40; second += 1) {
      come(`first of ${second}`)
      come(`second of ${second}`)
      advance(100)
      vendor.free()
      await settle()
    }
    t.assert.deepEqual(batch.ends, ['served'])
    t.assert.ok((batch.endedAt ?? 0) >= 2_000, 'it was held up until then')
    t.assert.ok(served.indexOf('batch') <= 22, `but hardly longer: ${served.indexOf('batch')}`)
  })

  test('a newcomer never goes before someone who waits, even when there is room just then', async t => {
    const { come, vendor, served, settle } = setUpQueue(t)
    come('waiting')
    vendor.free()
    come('newcomer')
    await settle()
    t.assert.deepEqual(served, ['waiting'])
  })

  test('those whom a target has failed are tried, and hold nobody up', async t => {
    const { come, vendor, queue, served } = setUpQueue(t)
    come('failed once', { retry: true })
    t.assert.equal(queue.busy, false)
    vendor.room = 1
    come('newcomer')
    t.assert.deepEqual(served, ['newcomer'])
    t.assert.equal(queue.depth, 1)
  })

  test('who comes back unserved is not charged again', async t => {
    const { come, vendor, queue, served, settle } = setUpQueue(t)
    const back = come('a1', { caller: 'a', cost: 100 })
    come('b1', { caller: 'b', cost: 100 })
    vendor.free()
    await settle()
    queue.enter(back, undefined)
    come('b2', { caller: 'b', cost: 100 })
    come('a2', { caller: 'a', cost: 100 })
    vendor.free(4)
    await settle()
    t.assert.deepEqual(served, ['a1', 'b1', 'a1', 'a2', 'b2'])
  })
})

suite('who is woken, and when', () => {
  test('the end of the shortest wait that was told wakes those who wait', t => {
    const { come, vendor, served, advance } = setUpQueue(t)
    vendor.waitMs = 800
    come('waiting')
    vendor.room = 1
    advance(799)
    t.assert.deepEqual(served, [])
    advance(1)
    t.assert.deepEqual(served, ['waiting'])
  })

  test('while nobody waits there is no timer, and nobody listens', async t => {
    const { come, vendor, queue, leave, settle } = setUpQueue(t)
    const set = t.mock.method(globalThis, 'setTimeout')
    const listen = t.mock.method(vendor.freed, 'subscribe')
    vendor.room = 1
    come('served at once')
    vendor.free()
    await settle()
    t.assert.equal(set.mock.callCount() + listen.mock.callCount(), 0)
    const [waiting] = [come('served'), come('waiting')].slice(1)
    leave(waiting as NonNullable<typeof waiting>)
    t.assert.equal(queue.depth, 0)
    vendor.tried = 0
    vendor.free()
    await settle()
    t.mock.timers.tick(60_000)
    t.assert.equal(vendor.tried, 0, 'nobody is tried any more')
  })

  test('a thousand who wait cost one timer and, at each wake-up, one question too many', async t => {
    const { come, vendor, queue, settle } = setUpQueue(t, { maxDepth: 1_000 })
    const set = t.mock.method(globalThis, 'setTimeout')
    for (let index = 0; index < 1_000; index += 1) come(`request ${index}`, { caller: `caller ${index % 7}` })
    t.assert.equal(set.mock.callCount(), 1)
    t.assert.equal(vendor.tried, 1)
    vendor.free(3)
    await settle()
    t.assert.equal(vendor.tried, 5)
    t.assert.equal(queue.depth, 997)
  })

  test('when nobody can be counted on any more, nobody is made to wait', async t => {
    const { come, vendor, queue, settle } = setUpQueue(t)
    const requests = [come('one'), come('two'), come('three', { retry: true })]
    vendor.failing = true
    vendor.free()
    await settle()
    t.assert.deepEqual(
      requests.map(({ ends }) => ends),
      Array(3).fill(['hopeless']),
    )
    t.assert.equal(queue.depth, 0)
  })
})

suite('who is refused', () => {
  test('a full queue refuses at once, and who is in it stays', t => {
    const { come, queue } = setUpQueue(t, { maxDepth: 2 })
    const [one, two, three] = [come('one'), come('two'), come('three')]
    t.assert.deepEqual([one.ends, two.ends, three.ends], [[], [], ['full']])
    t.assert.equal(queue.depth, 2)
  })

  test('one that is full of batch requests has room for interactive ones, and not the other way round', t => {
    const { come } = setUpQueue(t, { maxDepth: 1 })
    const ends = ['batch', 'batch', 'interactive', 'interactive', 'batch'].map((priority, index) => {
      return come(String(index), { caller: priority, priority: priority as 'batch' }).ends
    })
    t.assert.deepEqual(ends, [[], ['full'], [], ['full'], ['full']])
  })

  test('time that is up ends the wait, in whatever order the requests came', t => {
    const { come, advance } = setUpQueue(t)
    const late = come('late', { maxWait: 3_000 })
    const soon = come('soon', { maxWait: 1_000 })
    const retry = come('retry', { maxWait: 2_000, retry: true })
    const batch = come('batch', { maxWait: 500, priority: 'batch' })
    advance(5_000)
    t.assert.deepEqual(
      [batch, soon, retry, late].map(({ ends, endedAt }) => [ends, endedAt]),
      [500, 1_000, 2_000, 3_000].map(at => [['expired'], at]),
    )
  })

  test('a limit that lasts longer than the request may wait is told at once, with how long it lasts', t => {
    const { come, vendor } = setUpQueue(t)
    vendor.waitMs = 30_000
    const { ends, shed } = come('hasty')
    t.assert.deepEqual([ends, shed?.waitMs], [['too-long'], 30_000])
  })

  test('so is a queue that moves too slowly, by what was let out of it of late', async (t: TestContext) => {
    const { come, vendor, settle, advance } = setUpQueue(t)
    for (let index = 0; index < 30; index += 1) come(`request ${index}`)
    for (let second = 0; second < 2; second += 1) {
      advance(1_000)
      vendor.free(2)
      await settle()
    }
    const { ends, shed } = come('one too many')
    t.assert.deepEqual(ends, ['too-long'])
    const seconds = (shed?.waitMs ?? 0) / 1000
    t.assert.ok(seconds > 10 && seconds < 16, `26 wait, two leave each second: ${seconds}`)
    t.assert.deepEqual(come('of another caller', { caller: 'b' }).ends, [], 'whose share is its own')
  })

  test('in its first two seconds a queue does not say how fast it moves', async t => {
    const { come, vendor, settle, advance } = setUpQueue(t)
    for (let index = 0; index < 30; index += 1) come(`request ${index}`)
    advance(500)
    vendor.free(1)
    await settle()
    t.assert.deepEqual(come('one more').ends, [])
  })

  test('a batch request is told of all the interactive ones before it', async t => {
    const { come, vendor, settle, advance } = setUpQueue(t)
    for (let index = 0; index < 30; index += 1) come(`request ${index}`)
    advance(2_000)
    vendor.free(4)
    await settle()
    t.assert.deepEqual(come('batch', { caller: 'b', priority: 'batch' }).ends, ['too-long'])
  })

  test('a gone client leaves at once, and its place is free', t => {
    const { come, leave, queue } = setUpQueue(t, { maxDepth: 1 })
    const one = come('one')
    leave(one)
    leave(one)
    t.assert.deepEqual(one.ends, ['gone'])
    t.assert.deepEqual(come('two').ends, [])
    t.assert.equal(queue.depth, 1)
  })
})

suite('how full it is', () => {
  test('while nobody waits it is empty, whatever went before', async (t: TestContext) => {
    const { come, vendor, queue, settle } = setUpQueue(t, { maxDepth: 2 })
    t.assert.equal(queue.fullness(Date.now()), 0)
    come('one')
    vendor.free()
    await settle()
    t.assert.equal(queue.fullness(Date.now()), 0)
  })

  test('it is the share of its places that are taken, batch requests apart', (t: TestContext) => {
    const { come, vendor, queue } = setUpQueue(t, { maxDepth: 10 })
    vendor.waitMs = 1
    come('one')
    come('two')
    for (let count = 0; count < 5; count += 1) come(`batch ${count}`, { priority: 'batch' })
    t.assert.equal(queue.fullness(Date.now()), 0.2)
    come('failed once', { retry: true })
    t.assert.equal(queue.fullness(Date.now()), 0.3)
  })

  test('or of its longest wait as long as its targets wish to be left alone', (t: TestContext) => {
    const { come, vendor, queue, advance } = setUpQueue(t, { maxWait: 5_000 })
    vendor.waitMs = 4_000
    come('one')
    t.assert.equal(queue.fullness(Date.now()), 0.8)
    advance(2_000)
    t.assert.equal(queue.fullness(Date.now()), 0.4)
  })

  test('or as long as it takes to serve all who wait, however many places are left', async (t: TestContext) => {
    const { come, vendor, queue, settle, advance } = setUpQueue(t, { maxWait: 10_000 })
    vendor.waitMs = 1
    for (let count = 0; count < 60; count += 1) come(`request ${count}`, { maxWait: 60_000 })
    for (let second = 0; second < 10; second += 1) {
      advance(1_000)
      vendor.free()
      await settle()
    }
    // 50 are left, and one goes in a second.
    t.assert.equal(queue.fullness(Date.now()), 1)
    for (let count = 0; count < 46; count += 1) vendor.free()
    await settle()
    t.assert.ok(queue.fullness(Date.now()) < 0.2, 'four wait, and many have gone lately')
  })
})
