import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { type TestContext, test } from 'node:test'
import type { Gateway } from '../helper.ts'
import { silence, stream, type Upstream, whole } from '../upstream.ts'
import { Client } from './client.ts'
import { chunk, completion, DONE, ROLE } from './frames.ts'
import { asked, CHAT, setUp } from './setup.ts'

const STREAM = asked({ stream: true })

/** A gateway with a stream that ends when it is told to. */
async function withOpenStream(t: TestContext, drain = '5m') {
  const released = Promise.withResolvers<void>()
  const bench = await setUp(t, [stream([ROLE, chunk({ content: 'x' }), released.promise, DONE])], {
    config: { listen: { drain } },
  })
  const client = new Client(bench.gateway.url + CHAT, STREAM)
  await client.until('x')
  return { ...bench, client, release: () => released.resolve() }
}

/** Begins to close; `closed` settles when it has. */
async function close(gateway: Gateway): Promise<{ closed: Promise<unknown> }> {
  const closed = gateway.app.api.close()
  await gateway.logged(({ msg }) => msg === 'draining')
  return { closed }
}

test('C23: while a stream drains readiness is 503, liveness 200, and calls are answered on their last connection', async t => {
  const { gateway, upstream, client, release } = await withOpenStream(t)
  const { closed } = await close(gateway)
  t.assert.equal((await fetch(`${gateway.url}/health/ready`)).status, 503)
  t.assert.equal((await fetch(`${gateway.url}/health/live`)).status, 200)
  upstream.use(whole(completion('late')))
  const late = await gateway.post(CHAT, asked())
  t.assert.equal(late.status, 200)
  t.assert.equal(late.headers.get('connection'), 'close')
  await late.text()
  release()
  t.assert.match(await client.whole(), /\[DONE\]/)
  await closed
  await t.assert.rejects(fetch(`${gateway.url}/health/live`))
})

test('C23: a stream may drain for minutes when the limit says so', async t => {
  const { gateway, client, release } = await withOpenStream(t)
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { closed } = await close(gateway)
  t.mock.timers.tick(4 * 60_000)
  release()
  t.assert.equal(await client.over(), 'ended')
  await closed
})

test('C23: new connections are refused from half of the limit on, so that a proxy that never looks goes elsewhere', async t => {
  const { gateway, client, release } = await withOpenStream(t, '4m')
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { closed } = await close(gateway)
  t.mock.timers.tick(2 * 60_000 - 1)
  t.assert.equal((await fetch(`${gateway.url}/health/live`)).status, 200)
  t.mock.timers.tick(1)
  await t.assert.rejects(fetch(`${gateway.url}/health/live`))
  release()
  t.assert.match(await client.whole(), /\[DONE\]/)
  await closed
})

test('C23: at the limit it ends with an error, and the vendor is cut', async t => {
  const { gateway, upstream, client } = await withOpenStream(t, '200ms')
  await gateway.app.api.close()
  t.assert.equal(await client.over(), 'ended')
  t.assert.equal(await (await upstream.request(0)).over, 'cut')
})

test('trap 10: clients that keep their connection open do not hold up the end', async t => {
  const { gateway } = await setUp(t, [[stream([ROLE, chunk({ content: 'x' }), DONE]), whole(completion())]], {
    config: { listen: { drain: '5m' } },
  })
  const agent = new Agent({ keepAlive: true })
  t.after(() => agent.destroy())
  for (const body of [STREAM, asked()]) {
    const call = request(gateway.url + CHAT, { method: 'POST', agent, headers: { 'content-type': 'application/json' } })
    call.end(JSON.stringify(body))
    const [response] = await once(call, 'response')
    response.resume()
    await once(response, 'end')
  }
  t.assert.equal(Object.values(agent.freeSockets).flat().length, 1, 'the connection is kept')
  const startedAt = performance.now()
  await gateway.close()
  t.assert.equal(performance.now() - startedAt < 60_000, true, 'neither until they close it nor to the limit')
})

test('C23: at the drain limit a call that waits for a vendor is not sent to another one', async t => {
  const { gateway, upstreams } = await setUp(t, [silence(), silence()], { config: { listen: { drain: '50ms' } } })
  const [first, second] = upstreams as [Upstream, Upstream]
  const response = gateway.post(CHAT, asked())
  await first.request(0)
  await gateway.app.api.close()
  t.assert.match(await (await response).text(), /shutting down/)
  t.assert.equal(second.requests.length, 0)
})
