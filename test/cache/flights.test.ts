import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { type Claim, Flight, type FlightOwner } from '../../src/cache/flight.ts'
import { Flights } from '../../src/cache/flights.ts'
import { answer } from './answers.ts'

function claim(key: string, members: Partial<Claim> = {}): Claim {
  return { key, requestKey: 'request', lingers: 0, maxBytes: 100, keep: () => {}, ...members }
}

/** Counts how often it was left alone. */
class Nobody implements FlightOwner {
  left = 0
  closed(): void {
    this.left += 1
  }
  stop(): void {}
}

test('who comes under any name of a call joins it, and all its names lead to it until it is over', async (t: TestContext) => {
  const flights = new Flights()
  const flight = flights.begin([claim('one')], new Nobody())
  t.assert.equal(flights.find([claim('two'), claim('one')]), flight)
  t.assert.equal(flights.get('two'), flight)
  flight.answer(answer('whole'), true, 'stop')
  t.assert.equal(flights.get('one'), undefined)
  await flight.over
  t.assert.equal(flights.find([claim('two')]), undefined)
})

test('a call that asks something else is not joined, and its answer is not kept for it', (t: TestContext) => {
  const kept: string[] = []
  const flights = new Flights()
  const flight = flights.begin([claim('retry')], new Nobody())
  const other = { requestKey: 'another request', keep: () => kept.push('something else') }
  const claims = [claim('retry', other), claim('something else', other)]
  t.assert.throws(() => flights.find(claims), { code: 'SLUICE_REQUEST_IDEMPOTENCY' })
  flight.answer(answer('whole'), true, 'stop')
  t.assert.deepEqual(kept, [])
})

test('the answer is kept once under each name, and only where it is not too large for it', (t: TestContext) => {
  const kept: string[] = []
  const keeps = (key: string, maxBytes: number) => claim(key, { maxBytes, keep: () => kept.push(key) })
  const flights = new Flights()
  const flight = flights.begin([keeps('small', 3), keeps('large', 100)], new Nobody())
  flights.find([keeps('large', 100), keeps('late', 100)])
  flight.answer(answer('whole'), true, 'stop')
  t.assert.deepEqual(kept, ['large', 'late'])
})

test('a call that can no longer be joined makes room for another under its name', (t: TestContext) => {
  const flights = new Flights()
  const first = flights.begin([claim('key', { maxBytes: 3 })], new Nobody())
  first.join()
  first.begin({ status: 200, headers: {} }, { pause: () => {}, resume: () => {} })
  first.write('long')
  t.assert.equal(flights.get('key'), undefined)
  const second = flights.begin([claim('key')], new Nobody())
  first.conclude(undefined, true, 'stop')
  t.assert.equal(flights.get('key'), second)
})

test('when all have left the call ends at once, or after the time that a retry is waited for', (t: TestContext) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const [at, later] = [new Nobody(), new Nobody()]
  const subscriptions = [
    new Flight([claim('a')], at),
    new Flight([claim('b'), claim('c', { lingers: 1_000 })], later),
  ].map(flight => ({ flight, first: flight.join(), second: flight.join() }))
  for (const { first } of subscriptions) first.leave()
  t.assert.deepEqual([at.left, later.left], [0, 0])
  for (const { second } of subscriptions) second.leave()
  t.assert.deepEqual([at.left, later.left], [1, 0])
  t.mock.timers.tick(999)
  const back = subscriptions[1]?.flight.join()
  t.mock.timers.tick(10_000)
  t.assert.equal(later.left, 0, 'somebody came back')
  back?.leave()
  t.mock.timers.tick(1_000)
  t.assert.equal(later.left, 1)
})

test('nobody joins a call that is being ended because all have left', (t: TestContext) => {
  const flights = new Flights()
  const claims = [claim('key')]
  flights.begin(claims, new Nobody()).join().leave()
  t.assert.equal(flights.find(claims), undefined)
})

test('all who wait get the same error, and the process hears of it even when nobody does', async (t: TestContext) => {
  const flight = new Flight([claim('key')], new Nobody())
  const error = new Error('no')
  flight.fail(error)
  await t.assert.rejects(flight.landing, error)
  await flight.over
  new Flight([claim('key')], new Nobody()).fail(error)
})

test('an older answer stands in for what no target could answer, and for nothing else', async (t: TestContext) => {
  const stale = answer('old')
  const flight = new Flight([claim('key', { stale })], new Nobody())
  t.assert.equal(flight.rescue('invalid'), false)
  t.assert.equal(flight.rescue('overloaded'), true)
  t.assert.deepEqual(await flight.landing, { type: 'whole', answer: stale, stale: true })
  t.assert.equal(new Flight([claim('key')], new Nobody()).rescue('overloaded'), false)
})

test('F12: whoever joins before the end gets exactly the whole or the error, once', async () => {
  const ends = fc.constantFrom('whole', 'stream', 'error')
  await fc.assert(
    fc.asyncProperty(ends, fc.array(fc.nat(3), { minLength: 1, maxLength: 12 }), async (end, joins) => {
      const flights = new Flights()
      const kept: string[] = []
      const claims = [claim('key', { keep: ({ body }) => kept.push(body.toString()) })]
      const flight = flights.begin(claims, new Nobody())
      const read = async (): Promise<string> => {
        const found = flights.find(claims)
        if (found === undefined) return kept.at(-1) ?? 'error'
        const subscription = found.join()
        const landing = await found.landing
        if (landing.type === 'whole') return landing.answer.body.toString()
        return new Promise(resolve => {
          let text = ''
          subscription.attach({ write: chunk => (text += chunk), end: () => resolve(text), cut: () => resolve('cut') })
        })
      }
      const results = [read()]
      const parts = ['a', 'b', 'c']
      if (end === 'stream') flight.begin({ status: 200, headers: {} }, { pause: () => {}, resume: () => {} })
      for (const at of joins) {
        for (const part of parts.splice(0, at)) if (end === 'stream') flight.write(part)
        results.push(read().catch(String))
        await Promise.resolve()
      }
      if (end === 'whole') flight.answer(answer('abc'), true, 'stop')
      else if (end === 'error') flight.fail('error')
      else {
        for (const part of parts) flight.write(part)
        flight.conclude(undefined, true, 'stop')
        flight.end()
      }
      results.push(read())
      const all = await Promise.all(results.map(result => result.catch(String)))
      const expected = end === 'error' ? 'error' : 'abc'
      if (!all.every(text => text === expected)) throw new Error(`${all} are not all ${expected}`)
      if (kept.length !== (end === 'error' ? 0 : 1)) throw new Error(`kept ${kept.length} times`)
    }),
  )
})
