import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { openStore } from '../../src/cache/open.ts'
import { redisBinaryMissing, startOwnRedis } from '../redis.ts'
import { type Gateway, openGateway } from './gateways.ts'

const BUCKET = { capacity: 10, refillPerSecond: 0.01 }
const DEMAND = { key: 'tokens', bucket: BUCKET, cost: 1, estimated: false }

const REPLACED = /evalsha|pttl/i

/** What stands between a gateway and a real Redis, and says more, or something else, than Redis does. */
interface Between {
  readonly url: string
  /** Sends this to every client, unasked. */
  say(text: string): void
  /** What Redis replies to scripts and to reading is replaced, until the next call; to what opens a connection it is not. */
  replace(reply?: string): void
  /** Resolves when it has been connected to so often, from now on. */
  connected(times: number): Promise<void>
}

async function standBetween(t: TestContext): Promise<Between> {
  const redis = await startOwnRedis()
  const sockets = new Set<Socket>()
  let replacement: string | undefined
  const server = createServer(client => {
    const behind = connect(Number(new URL(redis.url).port), '127.0.0.1')
    sockets.add(client.once('close', () => sockets.delete(client)))
    let asked = ''
    client.on('data', (commands: Buffer) => {
      asked = commands.toString('latin1')
    })
    client.on('error', () => {}).pipe(behind.on('error', () => {}))
    behind.on('data', reply => client.write(REPLACED.test(asked) ? (replacement ?? reply) : reply))
    behind.on('end', () => client.end())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await redis.stop()
  })
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    say: text => sockets.forEach(socket => void socket.write(text)),
    replace: reply => {
      replacement = reply
    },
    async connected(times) {
      for (let count = 0; count < times; count += 1) await once(server, 'connection')
    },
  }
}

async function setUp(t: TestContext): Promise<{ between: Between; gateway: Gateway }> {
  const between = await standBetween(t)
  const gateway = await openGateway(between.url)
  t.after(() => gateway.store.close())
  await gateway.reached('shared')
  return { between, gateway }
}

const TOLD = ['shared: Redis answers', 'local: EPROTO', 'shared: Redis answers']

for (const [name, text] of [
  ['a text', '+OK\r\n'],
  ['a nil', '$-1\r\n'],
  ['a nil of RESP3', '_\r\n'],
  ['an error', '-ERR no\r\n'],
  ['a push that says nothing', '>1\r\n_\r\n'],
  ['several', '$-1\r\n:1\r\n*-1\r\n'],
] as const) {
  test(`C15: a reply that nothing asked for ends the connection and nothing else: ${name}`, {
    skip: redisBinaryMissing,
  }, async t => {
    const { between, gateway } = await setUp(t)
    between.say(text)
    await gateway.reached('local')
    await gateway.reached('shared')
    t.assert.deepEqual(gateway.states, TOLD)
  })
}

for (const [name, reply] of [
  ['a nil', '$-1\r\n'],
  ['a text', '+OK\r\n'],
  ['a number', ':1\r\n'],
  ['an empty list', '*0\r\n'],
  ['a list without its levels', '*1\r\n:1\r\n'],
  ['a level that is no number', '*2\r\n:0\r\n$2\r\nab\r\n'],
] as const) {
  test(`C15: a reply of another shape refuses nobody: the limits are local until Redis is in step again: ${name}`, {
    skip: redisBinaryMissing,
  }, async t => {
    const { between, gateway } = await setUp(t)
    between.replace(reply)
    const { allowed, remaining } = await gateway.store.take('requests', BUCKET, 1)
    t.assert.deepEqual([allowed, remaining], [true, 9])
    t.assert.notEqual((await gateway.reservations.reserve([DEMAND])).reservation, undefined)
    await gateway.reached('local')
    between.replace()
    await gateway.reached('shared')
    t.assert.deepEqual(gateway.states, TOLD)
  })
}

test('C15: a Redis whose every answer is followed by another is not taken for one that answers', {
  skip: redisBinaryMissing,
}, async t => {
  const { between, gateway } = await setUp(t)
  between.replace('*2\r\n:0\r\n$1\r\n1\r\n$-1\r\n')
  t.assert.equal((await gateway.store.take('requests', BUCKET, 1)).allowed, true)
  await gateway.reached('local')
  // It is connected to, and tried, several times.
  await between.connected(5)
  between.replace()
  await gateway.reached('shared')
  t.assert.deepEqual(gateway.states, TOLD)
})

test('a kept answer that comes back as something else was not found', { skip: redisBinaryMissing }, async t => {
  const between = await standBetween(t)
  const told: string[] = []
  const shared = Promise.withResolvers<void>()
  const store = await openStore({
    redisUrl: between.url,
    timeout: 10_000,
    now: () => performance.now(),
    onState: (state, reason) => {
      told.push(`${state}: ${reason}`)
      if (state === 'shared') shared.resolve()
    },
  })
  t.after(() => store.close())
  await shared.promise
  between.replace('*0\r\n:1000\r\n')
  t.assert.equal(await store.get('key'), undefined)
  t.assert.deepEqual(told, TOLD.slice(0, 2))
})
