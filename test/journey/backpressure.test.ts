import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { stream } from '../upstream.ts'
import { Client } from './client.ts'
import { chunk, DONE, ROLE } from './frames.ts'
import { asked, CHAT, setUp } from './setup.ts'

const STREAM = asked({ stream: true })
const MEGABYTE = 1024 * 1024
const EVENT = chunk({ content: 'x'.repeat(MEGABYTE) })
const EVENTS = 50
/** MB more that may be held while a client does not read. */
const MOST_GROWN = 8

/** How many turns of the event loop without a byte mean that the vendor stands still: a socket needs two or three. */
const STILL = 500

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** A vendor that sends 50 MB as fast as it may, and can be asked how far it has come. */
class Source {
  sent = 0

  async *pieces(): AsyncGenerator<string> {
    yield ROLE
    for (; this.sent < EVENTS; this.sent += 1) yield EVENT
    yield DONE
  }

  /** Waits until it stands still. */
  async still(): Promise<number> {
    let turns = 0
    let seen = this.sent
    while (turns < STILL && this.sent < EVENTS) {
      await new Promise(resolve => setImmediate(resolve))
      turns = this.sent === seen ? turns + 1 : 0
      seen = this.sent
    }
    return this.sent
  }
}

/** MB that JavaScript holds, inside and outside of the heap, after some collections. */
async function held(): Promise<number> {
  for (let turn = 0; turn < 3; turn += 1) {
    collectGarbage()
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  const { heapUsed, external } = process.memoryUsage()
  return (heapUsed + external) / MEGABYTE
}

/** The least that is held, where more than `most` (MB) is superfluous: another thread frees it, which may have to wait for a processor. */
async function leastHeld(most: number): Promise<number> {
  let least = await held()
  for (let tries = 0; least >= most && tries < 50; tries += 1) least = Math.min(least, await held())
  return least
}

test('A20: while a client does not read, its vendor is not read either; then it gets everything', async t => {
  const source = new Source()
  const { gateway } = await setUp(t, [stream(source.pieces())])
  const before = await held()
  const client = new Client(gateway.url + CHAT, STREAM)
  await client.head()
  client.pause()
  const sent = await source.still()
  // What the kernel buffers of the two connections take in is not ours.
  t.assert.equal(sent < EVENTS, true, `the vendor got rid of ${sent} MB`)
  const grown = (await leastHeld(before + MOST_GROWN)) - before
  t.assert.equal(
    grown < MOST_GROWN,
    true,
    `${grown} MB more are held, of which the client's and the vendor's own events are three`,
  )
  client.resume()
  t.assert.equal(await client.over(), 'ended')
  t.assert.equal(client.bytes.length, ROLE.length + EVENTS * EVENT.length + DONE.length)
})

test('A20: a client that closes while we wait for it to read frees everything', async t => {
  const source = new Source()
  const { gateway, upstream } = await setUp(t, [stream(source.pieces())])
  const client = new Client(gateway.url + CHAT, STREAM)
  await client.head()
  client.pause()
  await source.still()
  client.leave()
  t.assert.equal(await (await upstream.request(0)).over, 'cut')
  t.assert.equal((await gateway.ended(1)).status, 499)
  t.assert.equal((await gateway.metrics()).get('sluice_inflight'), 0)
})

test('A20: a vendor that is held back is not taken for one that fell silent', async t => {
  const source = new Source()
  const { gateway } = await setUp(t, [stream(source.pieces())], { provider: { timeouts: { idle: '50ms' } } })
  const client = new Client(gateway.url + CHAT, STREAM)
  await client.head()
  client.pause()
  await source.still()
  await new Promise(resolve => setTimeout(resolve, 200))
  client.resume()
  t.assert.equal(await client.over(), 'ended')
  t.assert.match(client.text.slice(-100), /\[DONE\]/)
})
