import { test } from 'node:test'
import fc from 'fast-check'
import { type Request, setUpQueue, type Wish } from './waiting.ts'

type Step =
  | { readonly type: 'come'; readonly wish: Wish }
  | { readonly type: 'free'; readonly count: number }
  | { readonly type: 'leave'; readonly index: number }
  | { readonly type: 'advance'; readonly ms: number }

const wish: fc.Arbitrary<Wish> = fc.record({
  caller: fc.constantFrom('a', 'b', 'c'),
  share: fc.constantFrom(1, 2.5),
  priority: fc.constantFrom('interactive', 'batch'),
  cost: fc.integer({ min: 1, max: 5_000 }),
  maxWait: fc.integer({ min: 1, max: 4_000 }),
  retry: fc.boolean(),
})
const step: fc.Arbitrary<Step> = fc.oneof(
  { arbitrary: fc.record({ type: fc.constant('come' as const), wish }), weight: 5 },
  { arbitrary: fc.record({ type: fc.constant('free' as const), count: fc.integer({ min: 1, max: 3 }) }), weight: 2 },
  { arbitrary: fc.record({ type: fc.constant('leave' as const), index: fc.nat(60) }), weight: 1 },
  { arbitrary: fc.record({ type: fc.constant('advance' as const), ms: fc.integer({ min: 1, max: 900 }) }), weight: 2 },
)

test('whatever comes, leaves, is freed and passes: no more are served than there was room for, and everybody ends once, in time', async t => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 80 }), async steps => {
      const bench = setUpQueue(t, { maxDepth: 12 })
      bench.vendor.waitMs = 400
      try {
        await play(steps, bench)
      } finally {
        t.mock.timers.reset()
      }
    }),
    { numRuns: 300 },
  )
})

async function play(steps: readonly Step[], bench: ReturnType<typeof setUpQueue>): Promise<void> {
  const { queue, vendor, come, leave, settle, advance, served } = bench
  const requests: Request[] = []
  let room = 0
  for (const taken of steps) {
    if (taken.type === 'come') requests.push(come(String(requests.length), taken.wish))
    if (taken.type === 'advance') advance(taken.ms)
    if (taken.type === 'leave') for (const request of requests.slice(taken.index, taken.index + 1)) leave(request)
    if (taken.type === 'free') {
      room += taken.count
      vendor.free(taken.count)
    }
    await settle()
    if (served.length > room) throw new Error(`${served.length} were served, there was room for ${room}`)
    if (queue.depth > 2 * 12) throw new Error(`${queue.depth} wait`)
    if (queue.depth > 0 && vendor.room > 0) throw new Error('somebody waits, and there is room')
    const waiting = requests.filter(({ ends }) => ends.length === 0)
    if (waiting.length !== queue.depth) throw new Error(`${waiting.length} have not ended, ${queue.depth} wait`)
  }
  advance(5_000)
  for (const { ends, endedAt = Number.NaN, deadline } of requests) {
    if (ends.length !== 1) throw new Error(`ended ${ends.length} times: ${ends.join()}`)
    // Whole milliseconds in which no timer naps for less than two.
    if (endedAt > deadline + 2) throw new Error(`ended ${endedAt - deadline} ms late`)
  }
}
