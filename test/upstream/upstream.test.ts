import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Agent, type Dispatcher, request as send } from 'undici'
import {
  byteByByte,
  CUT,
  cutAt,
  dieAfter,
  dropReused,
  fromRecording,
  RESET,
  reset,
  type Script,
  silence,
  startUpstream,
  stream,
  TEST_CERTIFICATE,
  thenClose,
  type Upstream,
  whole,
} from '../upstream.ts'

async function serve(t: TestContext, script: Script): Promise<Upstream> {
  const upstream = await startUpstream(script)
  t.after(() => upstream.close())
  return upstream
}

/** A client that keeps one connection, so that reuse can be seen. */
function oneConnection(t: TestContext): Agent {
  const agent = new Agent({ connections: 1 })
  t.after(() => agent.destroy())
  return agent
}

/** The chunks as they come; reading them as an async iterable would join those that wait. */
async function chunksOf({ body }: Dispatcher.ResponseData): Promise<string[]> {
  const chunks: string[] = []
  body.on('data', (chunk: Buffer) => chunks.push(chunk.toString('latin1')))
  await once(body, 'end')
  return chunks
}

test('it records method, path with query, headers as sent, and the bytes of the body', async t => {
  const upstream = await serve(t, whole({ ok: true }, { status: 201, headers: { 'x-id': '7' } }))
  const body = Buffer.from('{"a": 1.0}')
  const response = await send(`${upstream.url}/v1/x?y=%20`, { method: 'POST', body, headers: ['X-Case', 'Kept'] })
  const seen = await upstream.request(0)
  assert.deepEqual([response.statusCode, response.headers['x-id']], [201, '7'])
  assert.deepEqual(await response.body.json(), { ok: true })
  assert.deepEqual([seen.method, seen.url, seen.headers['x-case']], ['POST', '/v1/x?y=%20', 'Kept'])
  assert.ok(seen.rawHeaders.includes('X-Case'))
  assert.deepEqual(seen.body, body)
  assert.equal(await seen.over, 'answered')
})

test('a list of handlers answers in order, the last one the rest, until another script is set', async t => {
  const upstream = await serve(t, [whole('1'), whole('2')])
  const ask = async () => (await send(upstream.url)).body.text()
  assert.deepEqual([await ask(), await ask(), await ask()], ['1', '2', '2'])
  upstream.use([whole('3'), whole('4')])
  assert.deepEqual([await ask(), await ask()], ['3', '4'])
})

test('the pieces of a stream reach the reader as its chunks', async t => {
  const upstream = await serve(t, [stream(byteByByte('data: ü\n\n')), stream(cutAt('abcdef', [1, 3])), stream(['xy'])])
  assert.deepEqual(await chunksOf(await send(upstream.url)), [...Buffer.from('data: ü\n\n').toString('latin1')])
  assert.deepEqual(await chunksOf(await send(upstream.url)), ['a', 'bc', 'def'])
  assert.deepEqual(await chunksOf(await send(upstream.url)), ['xy'])
})

test('a promise among the pieces holds the stream until the test releases it', async t => {
  const gate = Promise.withResolvers<void>()
  const upstream = await serve(t, stream(['one', gate.promise, 'two']))
  const reader = (await fetch(upstream.url)).body?.getReader()
  const first = await reader?.read()
  assert.equal(Buffer.from(first?.value ?? []).toString(), 'one')
  const second = reader?.read()
  assert.equal(await Promise.race([second, Promise.resolve('held')]), 'held')
  gate.resolve()
  assert.equal(Buffer.from((await second)?.value ?? []).toString(), 'two')
})

test('a stream dies after the bytes that were asked for, with or without a reset', async t => {
  const upstream = await serve(t, [dieAfter(3, 'abcdef'), stream(['abc', RESET]), stream(['abc', CUT])])
  for (let call = 0; call < 3; call += 1) {
    let text = ''
    const reading = (async () => {
      for await (const chunk of (await send(upstream.url)).body) text += chunk
    })()
    await assert.rejects(reading, { code: call === 1 ? 'ECONNRESET' : 'UND_ERR_SOCKET' })
    assert.equal(text, 'abc')
    assert.equal(await upstream.requests[call]?.over, 'cut')
  }
})

test('it resets before headers', async t => {
  const upstream = await serve(t, reset())
  await assert.rejects(send(upstream.url), /ECONNRESET|other side closed/)
})

test('it sees the client leave while it keeps silent', async t => {
  const upstream = await serve(t, silence())
  const leaving = new AbortController()
  const asking = assert.rejects(send(upstream.url, { signal: leaving.signal }))
  const seen = await upstream.request(0)
  leaving.abort()
  await asking
  assert.equal(await seen.over, 'cut')
  await seen.socketClosed
})

test('it closes a kept-alive connection after the answer', async t => {
  const upstream = await serve(t, thenClose(whole('bye')))
  const agent = oneConnection(t)
  for (let call = 0; call < 2; call += 1) {
    await (await send(upstream.url, { dispatcher: agent })).body.text()
    await upstream.requests[call]?.socketClosed
  }
  assert.equal(upstream.connections, 2)
})

test('it drops the second request on a connection, and only that', async t => {
  const upstream = await serve(t, dropReused(whole('once')))
  const agent = oneConnection(t)
  const ask = async () => (await send(upstream.url, { dispatcher: agent })).body.text()
  assert.equal(await ask(), 'once')
  await assert.rejects(ask(), { code: 'UND_ERR_SOCKET' })
  assert.equal(await ask(), 'once')
  assert.deepEqual(
    upstream.requests.map(({ connection, turn }) => [connection, turn]),
    [
      [1, 1],
      [1, 2],
      [2, 1],
    ],
  )
})

test('it replays a recording in the pieces that are asked for', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'upstream-'))
  t.after(() => rm(folder, { recursive: true }))
  const file = join(folder, 'recording.json')
  const headers = { 'Content-Type': 'text/event-stream', 'content-length': '9', 'x-kept': 'yes' }
  await writeFile(file, JSON.stringify({ response: { status: 418, headers, body: 'data: 1\n\n' } }))
  const upstream = await serve(t, [fromRecording(file), fromRecording(file, byteByByte)])
  const response = await send(upstream.url)
  assert.deepEqual([response.statusCode, response.headers['x-kept']], [418, 'yes'])
  assert.equal(response.headers['content-type'], 'text/event-stream')
  assert.equal(await response.body.text(), 'data: 1\n\n')
  assert.equal((await chunksOf(await send(upstream.url))).length, 9)
})

test('E14: its TLS certificate is refused by who does not know it and accepted by who does', async t => {
  const upstream = await startUpstream(whole('secret'), { tls: true })
  t.after(() => upstream.close())
  await assert.rejects(send(upstream.url), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
  const dispatcher = new Agent({ connect: { ca: TEST_CERTIFICATE } })
  t.after(() => dispatcher.destroy())
  assert.equal(await (await send(upstream.url, { dispatcher })).body.text(), 'secret')
  assert.equal(upstream.requests.length, 1)
})

test('closing cuts what still runs and throws what a handler threw', async () => {
  const upstream = await startUpstream([
    silence(),
    () => {
      throw new Error('the script is wrong')
    },
  ])
  const cut = assert.rejects(send(upstream.url))
  await upstream.request(0)
  await assert.rejects(send(upstream.url))
  await assert.rejects(upstream.close(), /the script is wrong/)
  await cut
})
