import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { Client } from '../journey/client.ts'
import { chunk, completion, ROLE } from '../journey/frames.ts'
import { asked, CHAT } from '../journey/setup.ts'
import { type OwnRedis, redisBinaryMissing, startOwnRedis } from '../redis.ts'
import { type Script, startUpstream, stream, whole } from '../upstream.ts'
import { addressesOf, type Started, startProcess } from './sluice.ts'

/** A gateway renews its slots after every third of it: one that a busy machine keeps from it for longer than the rest would lose them. */
const SLOT_TTL_MS = 2_000
/** How often it is looked for what must come, and a request sent where it comes with those. */
const LOOKING_MS = 20
const SLOTS_KEY = 'sluice:limit:concurrency:holder'
/** A stream that does not end, and a whole answer to who wants none. */
const ENDLESS = stream([ROLE, chunk({ content: 'one' }), new Promise<void>(() => {})])
const SCRIPT: Script = (request, response) =>
  (request.body.includes('"stream":true') ? ENDLESS : whole(completion('Hello', { usage: undefined })))(
    request,
    response,
  )

interface Gateway {
  readonly process: Started
  readonly url: string
  readonly opsUrl: string
}

interface Scene {
  readonly script: Script
  /** Of each caller, by name. */
  readonly limits: Readonly<Record<string, string>>
  readonly state: string
}

/** So many gateway processes on one Redis and one vendor. */
async function start(
  t: TestContext,
  count: number,
  { script, limits, state }: Scene,
): Promise<{ redis: OwnRedis; gateways: Gateway[] }> {
  const redis = await startOwnRedis()
  const upstream = await startUpstream(script)
  t.after(() => Promise.all([upstream.close(), redis.stop()]))
  const keys = Object.entries(limits).map(([name, limit]) => `{ name: ${name}, key: key-of-${name}, limits: ${limit} }`)
  const text = `
listen: { drain: 1ms }
providers: { a: { type: openai-compatible, baseUrl: "${upstream.url}" } }
keys: [ ${keys.join(', ')} ]
state: { redis: "${redis.url}", ${state} }
`
  const startOne = async (): Promise<Gateway> => {
    const process = startProcess(t, [], { files: { 'sluice.yaml': text } })
    return { process, ...(await addressesOf(process)) }
  }
  const gateways = await Promise.all(Array.from({ length: count }, startOne))
  for (const { process } of gateways) await process.wrote(/"state":"shared"[^}]*where limits/)
  return { redis, gateways }
}

function keyOf(caller: string): Record<string, string> {
  return { 'x-api-key': `key-of-${caller}` }
}

/** The statuses of `count` requests of this caller, sent all at once and to the gateways in turn. */
function ask(caller: string, gateways: readonly Gateway[], count: number, members: object = {}): Promise<number[]> {
  const body = JSON.stringify(asked({ model: 'a/m', ...members }))
  const one = async (_: unknown, index: number): Promise<number> => {
    const url = (gateways[index % gateways.length] as Gateway).url + CHAT
    const response = await fetch(url, { method: 'POST', body, headers: keyOf(caller) })
    await response.text()
    return response.status
  }
  return Promise.all(Array.from({ length: count }, one))
}

function passed(statuses: readonly number[]): number {
  return statuses.filter(status => status === 200).length
}

/** What gateways hold in Redis, seen from beside them. */
function beside(t: TestContext, { url }: OwnRedis): Redis {
  const reader = new Redis(url)
  t.after(() => reader.disconnect())
  return reader
}

/** When each slot lapses unless it is renewed, ms on the clock of Redis, by who holds it. */
async function lapsesOf(reader: Redis): Promise<Map<string, number>> {
  const held = await reader.zrange(SLOTS_KEY, '0', '-1', 'WITHSCORES')
  return new Map(held.flatMap((id, index) => (index % 2 === 0 ? [[id, Number(held[index + 1])] as const] : [])))
}

/** Whether all slots that were held then lapse later now: they have been renewed. */
function isLater(now: ReadonlyMap<string, number>, then: ReadonlyMap<string, number>): boolean {
  return [...then].every(([id, lapse]) => (now.get(id) ?? 0) > lapse)
}

const skip = redisBinaryMissing

test('two processes on one Redis', { skip }, async (t: TestContext) => {
  const { gateways, redis } = await start(t, 2, {
    script: SCRIPT,
    limits: {
      // One more request passes each two seconds. The tokens for one more of those with an answer of 5,900 take half a minute.
      rated: '{ requestsPerMinute: 30, tokensPerMinute: 6000, tokenBurst: 20000 }',
      holder: '{ concurrency: 2 }',
    },
    state: `slotTtl: ${SLOT_TTL_MS}ms, timeout: 10s`,
  })

  await t.test(
    'D4: two processes let as many requests and tokens pass as one may, in total',
    async (t: TestContext) => {
      const most = 100
      t.assert.equal(passed(await ask('rated', gateways, most, { max_tokens: 5900 })), 3)
      const began = performance.now()
      const total = passed(await ask('rated', gateways, most))
      const refilled = Math.ceil((performance.now() - began) / 2000) + 1
      t.assert.ok(total >= 27 && total <= 27 + refilled, `${total} passed`)
    },
  )

  await t.test(
    'D3, D4: slots are shared by two processes, and those of a killed one are free within their time to live',
    async (t: TestContext) => {
      const body = asked({ model: 'a/m', stream: true })
      const clients = gateways.map(({ url }) => new Client(url + CHAT, body, keyOf('holder')))
      for (const client of clients) await client.until('one')
      t.assert.deepEqual(await ask('holder', gateways, 2), [429, 429])
      const reader = beside(t, redis)
      const taken = await lapsesOf(reader)
      t.assert.equal(taken.size, 2)
      while (!isLater(await lapsesOf(reader), taken)) await delay(LOOKING_MS)
      t.assert.deepEqual(await ask('holder', gateways, 2), [429, 429], 'streams under way keep theirs')

      const [dying, living] = gateways as [Gateway, Gateway]
      dying.process.kill('SIGKILL')
      await dying.process.exit
      const left = await lapsesOf(reader)
      t.assert.deepEqual(
        [...left.keys()].sort(),
        [...taken.keys()].sort(),
        'nobody has given back the slot of the killed one',
      )
      const [now = ''] = await reader.time()
      for (const lapse of left.values()) t.assert.ok(lapse <= (Number(now) + 1) * 1_000 + SLOT_TTL_MS)
      let status = 429
      while (status === 429) {
        const client = new Client(living.url + CHAT, body, keyOf('holder'))
        status = (await client.head()).status
        if (status === 429) await delay(LOOKING_MS)
      }
      t.assert.equal(status, 200)
      t.assert.deepEqual(await ask('holder', [living], 1), [429], 'one slot was freed')
    },
  )
})

test('D3: a gateway that is told to stop gives back the slots of the streams that it cuts, long before their time to live', {
  skip,
}, async (t: TestContext) => {
  const { gateways, redis } = await start(t, 1, {
    script: SCRIPT,
    limits: { holder: '{ concurrency: 2 }' },
    state: 'slotTtl: 1h, timeout: 10s',
  })
  const [stopping] = gateways as [Gateway]
  const body = asked({ model: 'a/m', stream: true })
  const clients = [0, 1].map(() => new Client(stopping.url + CHAT, body, keyOf('holder')))
  for (const client of clients) await client.until('one')
  const reader = beside(t, redis)
  t.assert.equal(await reader.zcard(SLOTS_KEY), 2)
  stopping.process.kill('SIGTERM')
  await stopping.process.exit
  t.assert.equal(await reader.zcard(SLOTS_KEY), 0)
})

test('C14, C15: with Redis frozen requests go on, one log line says so, and another one when it is back', {
  skip,
}, async (t: TestContext) => {
  const { redis, gateways } = await start(t, 1, {
    script: SCRIPT,
    limits: { plenty: '{ requestsPerMinute: 100000, tokensPerMinute: 10000000, concurrency: 9 }' },
    state: 'slotTtl: 1h',
  })
  const [gateway] = gateways as [Gateway]
  const askOnce = () => ask('plenty', [gateway], 1)
  await ask('plenty', [gateway], 5)
  // A busy machine may have it left for a moment; the log comes later than the metric.
  while ((await isShared(gateway)) !== '1' || changesOf(gateway).at(-1) !== 'shared') await askOnce()
  const before = changesOf(gateway).length
  redis.freeze()
  for (let count = 0; count < 20; count++) t.assert.deepEqual(await askOnce(), [200])
  // Probes ride on requests; later ones a second apart.
  while ((await isShared(gateway)) === '1') await askOnce()
  const answer = await fetch(`${gateway.url}/v1/models`, { headers: keyOf('plenty') })
  t.assert.equal(answer.headers.get('x-sluice-limits'), 'local')
  redis.thaw()
  while ((await isShared(gateway)) === '0') {
    await askOnce()
    await delay(LOOKING_MS)
  }
  await gateway.process.wrote(/"reason":"TIMEOUT","msg":"where limits[\s\S]*"state":"shared"[^}]*where limits/)
  t.assert.deepEqual(changesOf(gateway).slice(before), ['local', 'shared'])
})

function changesOf({ process }: Gateway): string[] {
  return [...process.stdout.matchAll(/"state":"(\w+)","reason":"[^"]*","msg":"where limits/g)].map(
    ([, state = '']) => state,
  )
}

async function isShared({ opsUrl }: Gateway): Promise<string | undefined> {
  return /^sluice_limits_shared (\d)/m.exec(await (await fetch(`${opsUrl}/metrics`)).text())?.[1]
}
