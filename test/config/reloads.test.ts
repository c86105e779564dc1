import { test } from 'node:test'
import type { Config } from '../../src/config/config.ts'
import { Reloads } from '../../src/config/reloads.ts'
import { loadText } from '../load-text.ts'

/** A process that was started with one attempt a request; what it reads next is up to the test, and so is when it is in force. */
async function setUp() {
  const configOf = (attempts: number): Promise<Config> =>
    loadText(
      `{ providers: { sim: {} }, models: { chat: { attempts: ${attempts}, targets: [{ provider: sim, model: m }] } } }`,
      {},
    )
  const configs = new Map(await Promise.all([1, 2, 3].map(async count => [count, await configOf(count)] as const)))
  const bench = { file: 1, applying: 0, most: 0, applied: [] as (number | undefined)[], go: () => {}, fails: false }
  const reloads = new Reloads({
    started: configs.get(1) as Config,
    load: async () => configs.get(bench.file) as Config,
    apply: async config => {
      if (bench.fails) throw new Error('there is no room for it')
      bench.applying += 1
      bench.most = Math.max(bench.most, bench.applying)
      await new Promise<void>(resolve => {
        bench.go = resolve
      })
      bench.applying -= 1
      bench.applied.push(config.models.chat?.attempts)
    },
    onEnd: () => {},
  })
  const begun = async (): Promise<void> => {
    while (bench.applying === 0) await new Promise(resolve => setImmediate(resolve))
  }
  /** Puts in force what is being applied, once something is. */
  const go = async (): Promise<void> => {
    await begun()
    bench.go()
  }
  return { bench, reloads, begun, go }
}

test('C22: who asks for a reload during another shares one more with all others, which reads what stands there last', async t => {
  const { bench, reloads, begun, go } = await setUp()
  bench.file = 2
  const first = reloads.reload()
  await begun()
  bench.file = 3
  const others = [reloads.reload(), reloads.reload(), reloads.reload()]
  await go()
  await first
  t.assert.deepEqual(bench.applied, [2])
  await go()
  await Promise.all(others)
  t.assert.deepEqual(bench.applied, [2, 3])
  t.assert.equal(bench.most, 1, 'never two at a time')
  t.assert.deepEqual(reloads.counts, { applied: 2, refused: 0, unchanged: 0 })
})

test('C21: what could not be put in force is tried again by the next reload, and not taken for what is there', async t => {
  const { bench, reloads, go } = await setUp()
  bench.file = 2
  bench.fails = true
  for (let count = 1; count <= 2; count += 1) {
    await reloads.reload()
    t.assert.deepEqual(reloads.counts, { applied: 0, refused: count, unchanged: 0 })
  }
  t.assert.match(JSON.stringify(reloads.describe().lastError), /no room/)
  bench.fails = false
  const applied = reloads.reload()
  await go()
  await applied
  t.assert.deepEqual(bench.applied, [2])
  t.assert.equal(reloads.describe().lastError, null)
})
