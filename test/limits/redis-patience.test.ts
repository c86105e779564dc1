import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { completion } from '../journey/frames.ts'
import { asked, CHAT, setUp } from '../journey/setup.ts'
import { whole } from '../upstream.ts'

const KEY = 'key-of-the-caller'
const LIMITS = { requestsPerMinute: 1_000, tokensPerMinute: 1_000_000 }
/** How long each question takes, ms. */
const SLOW = 10

/** Makes each question as slow as a slow Redis would, whatever the machine does meanwhile, and tells for how long the cache is told that others were waited for. */
const SLOWLY = `
export default async app => {
  const later = async answer => {
    await new Promise(resolve => setTimeout(resolve, ${SLOW}))
    return answer()
  }
  app.addHook('onReady', async () => {
    const { buckets, reservations, cache } = app
    const [take, reserve, get] = [buckets.take.bind(buckets), reservations.reserve.bind(reservations), cache.get.bind(cache)]
    // The buckets are also what the reservations are made of.
    buckets.take = (key, ...rest) => (key.startsWith('requests:') ? later(() => take(key, ...rest)) : take(key, ...rest))
    reservations.reserve = demands => later(() => reserve(demands))
    cache.get = (key, waited) => {
      app.log.info({ waited }, 'asked the cache')
      return later(() => get(key))
    }
  })
}`

test('C14: what a request has waited for its limits is taken off the time in which the answer store may be asked', async (t: TestContext) => {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-patience-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const plugin = join(directory, 'slowly.ts')
  writeFileSync(plugin, SLOWLY)
  const { gateway } = await setUp(t, [whole(completion('answered'))], {
    model: { cache: { ttl: '1m' } },
    config: { plugins: [plugin], keys: [{ name: 'caller', key: KEY, limits: LIMITS }] },
  })
  const headers = { authorization: `Bearer ${KEY}`, 'idempotency-key': 'first' }
  t.assert.equal((await gateway.post(CHAT, asked(), headers)).status, 200)
  const [forRetries = NaN, forCache = NaN] = gateway.logs
    .filter(({ msg }) => msg === 'asked the cache')
    .map(({ waited }) => Number(waited))
  // Timers may be early by a ms.
  t.assert.ok(forRetries >= 2 * SLOW - 2, `${forRetries} ms`)
  t.assert.ok(forCache >= forRetries + SLOW - 1, `${forCache} ms`)
})
