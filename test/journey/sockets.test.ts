import { test } from 'node:test'
import { CUT, dropReused, stream, thenClose, whole } from '../upstream.ts'
import { Client } from './client.ts'
import { chatStream, completion, DONE } from './frames.ts'
import { asked, attemptsOf, CHAT, setUp } from './setup.ts'

const ANSWERS = whole(completion('answered'))
const STREAM = asked({ stream: true })

test('C24: a vendor that closes its kept connections is never noticed by a client', async t => {
  for (const script of [thenClose(ANSWERS), dropReused(ANSWERS)]) {
    const { gateway } = await setUp(t, [script])
    for (let turn = 0; turn < 30; turn += 1) {
      const response = await gateway.post(CHAT, asked())
      t.assert.equal(response.status, 200, await response.text())
      t.assert.equal(response.headers.get('x-sluice-attempts'), '1', 'the repetition is no attempt')
    }
    t.assert.equal(await attemptsOf(gateway, 'a', 'network'), 0)
  }
})

test('C24: streams neither', async t => {
  const { gateway } = await setUp(t, [dropReused(stream(chatStream('x')))])
  for (let turn = 0; turn < 10; turn += 1) {
    t.assert.match(await new Client(gateway.url + CHAT, STREAM).whole(), /\[DONE\]/)
  }
  t.assert.equal(await attemptsOf(gateway, 'a', 'network'), 0)
})

test('C24: a vendor that drops every connection is asked twice, not for ever', async t => {
  const { gateway, upstream } = await setUp(t, [[ANSWERS, (_seen, response) => void response.destroy()]])
  t.assert.equal((await gateway.post(CHAT, asked())).status, 200)
  t.assert.equal((await gateway.post(CHAT, asked())).status, 502)
  t.assert.equal(upstream.requests.length, 3)
})

test('connections are kept: after whole answers, streams and refusals', async t => {
  const refusal = whole({ error: { message: 'no' } }, { status: 400 })
  const { gateway, upstream } = await setUp(t, [[ANSWERS, stream(chatStream('x')), refusal, ANSWERS]])
  for (const body of [asked(), STREAM, asked(), asked()]) {
    const client = new Client(gateway.url + CHAT, body)
    t.assert.equal(await client.over(), 'ended')
  }
  t.assert.equal(upstream.connections, 1)
})

test('a vendor that closes a stream a moment after its last event keeps its connection', async t => {
  const released = Promise.withResolvers<void>()
  const { gateway, upstream } = await setUp(t, [[stream([...chatStream('x'), released.promise]), ANSWERS]])
  t.assert.equal(await new Client(gateway.url + CHAT, STREAM).over(), 'ended')
  released.resolve()
  t.assert.equal(await (await upstream.request(0)).over, 'answered')
  t.assert.equal((await gateway.post(CHAT, asked())).status, 200)
  t.assert.equal(upstream.connections, 1)
})

test('no connection is opened before the first call', async t => {
  const { gateway, upstream } = await setUp(t, [ANSWERS])
  await gateway.metrics()
  t.assert.equal(upstream.connections, 0)
})

test('an error behind the end of a stream is of no interest', async t => {
  const { gateway } = await setUp(t, [stream([...chatStream('x').slice(0, -1), DONE, CUT])])
  const client = new Client(gateway.url + CHAT, STREAM)
  t.assert.equal(await client.over(), 'ended')
  t.assert.equal((await gateway.ended(1)).failure, undefined)
  t.assert.equal(await attemptsOf(gateway, 'a', 'ok'), 1)
})
