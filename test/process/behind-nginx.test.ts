import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { freePort, ready, START_LIMIT } from '../../bench/processes.ts'
import { Client } from '../journey/client.ts'
import { chatStream, chunk, completion, DONE, FINISH, ROLE } from '../journey/frames.ts'
import { asked, type Bench, CHAT, setUp } from '../journey/setup.ts'
import { ROOT } from '../source-tree.ts'
import { type Script, stream, whole } from '../upstream.ts'

const skip = spawnSync('nginx', ['-v']).status === 0 ? false : 'no nginx here'

const KEY = 'key-of-the-caller-1'
const HEADERS = { 'x-api-key': KEY }
/** What one address may get wrong at once. */
const FAILURES = 60
const CLIENT = '203.0.113.7'

/** The configuration of the documentation, with the addresses of this test. */
function documented(port: number, gatewayUrl: string): string {
  const page = readFileSync(join(ROOT, 'docs/behind-nginx.md'), 'utf8')
  const block = /```nginx\n([\s\S]*?)```/.exec(page)?.[1] ?? ''
  return block.replace('127.0.0.1:8080', new URL(gatewayUrl).host).replace('listen 80;', `listen 127.0.0.1:${port};`)
}

/** A real nginx before the gateway: its address. */
async function startNginx(t: TestContext, gatewayUrl: string): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-nginx-'))
  const port = await freePort()
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    name => `${name}_temp_path ${directory}/${name};`,
  )
  mkdirSync(join(directory, 'logs'))
  const file = join(directory, 'nginx.conf')
  const main = `daemon off; worker_processes 1; pid ${directory}/nginx.pid; error_log ${directory}/error.log;`
  const http = `access_log off; ${temporary.join(' ')} server_names_hash_bucket_size 128;`
  writeFileSync(file, `${main}\nevents {}\nhttp {\n${http}\n${documented(port, gatewayUrl)}\n}\n`)
  const child = spawn('nginx', ['-p', directory, '-c', file, '-e', `${directory}/error.log`], { stdio: 'inherit' })
  t.after(async () => {
    const exit = once(child, 'exit')
    child.kill('SIGTERM')
    await exit
    rmSync(directory, { recursive: true })
  })
  const url = `http://127.0.0.1:${port}`
  await ready(url, performance.now() + START_LIMIT)
  return url
}

async function bench(
  t: TestContext,
  script: Script,
  trustedProxies: string[] = [],
): Promise<Bench & { nginx: string }> {
  const config = { keys: [{ name: 'caller', key: KEY }], listen: { drain: '1s', trustedProxies } }
  const started = await setUp(t, [script], { config })
  return { ...started, nginx: await startNginx(t, started.gateway.url) }
}

test('behind nginx a stream comes event by event', { skip }, async (t: TestContext) => {
  const rest = Promise.withResolvers<void>()
  const pieces = [ROLE, chunk({ content: 'one' }), rest.promise, chunk({ content: 'two' }), FINISH, DONE]
  const { nginx } = await bench(t, stream(pieces))
  const client = new Client(nginx + CHAT, asked({ stream: true }), HEADERS)
  await client.until('one')
  rest.resolve()
  t.assert.match(await client.whole(), /two[\s\S]*\[DONE\]/)
})

test('behind nginx calls share a connection to the gateway', { skip }, async (t: TestContext) => {
  const { nginx, gateway, upstream } = await bench(t, whole(completion()))
  let connections = 0
  gateway.app.api.server.on('connection', () => {
    connections += 1
  })
  for (const isStream of [false, true, false, true]) {
    upstream.use(isStream ? stream(chatStream('Hello')) : whole(completion()))
    const client = new Client(nginx + CHAT, asked({ stream: isStream }), HEADERS)
    t.assert.equal((await client.head()).status, 200)
    t.assert.equal(await client.over(), 'ended')
  }
  // None where nginx goes on with the one on which it found the gateway ready.
  t.assert.equal(connections <= 1, true, `${connections} connections`)
})

test('behind nginx a client that leaves ends the call at the vendor', { skip }, async (t: TestContext) => {
  const { nginx, upstream } = await bench(t, [
    stream([ROLE, chunk({ content: 'one' }), new Promise(() => {})]),
    () => {},
  ])
  const streamed = new Client(nginx + CHAT, asked({ stream: true }), HEADERS)
  await streamed.until('one')
  streamed.leave()
  t.assert.equal(await (await upstream.request(0)).over, 'cut')
  const silent = new Client(nginx + CHAT, asked(), HEADERS)
  const seen = await upstream.request(1)
  silent.leave()
  t.assert.equal(await seen.over, 'cut')
})

/** The statuses of guesses, enough for one address to be told to wait. */
async function guess(nginx: string, forwardedFor: (turn: number) => string): Promise<Set<number>> {
  const statuses = new Set<number>()
  for (let turn = 0; turn <= FAILURES; turn += 1) {
    const headers = { 'x-api-key': 'a-guess', 'x-forwarded-for': forwardedFor(turn) }
    statuses.add((await fetch(`${nginx}/v1/models`, { headers })).status)
  }
  return statuses
}

test('behind an nginx that is not trusted, x-forwarded-for says nothing of who guesses keys', {
  skip,
}, async (t: TestContext) => {
  const { nginx } = await bench(t, whole(completion()), ['127.0.0.2'])
  t.assert.deepEqual([...(await guess(nginx, turn => `203.0.113.${turn}`))], [401, 429])
})

test('a proxy that is trusted stands for its clients, each by its address', { skip }, async (t: TestContext) => {
  const { nginx } = await bench(t, whole(completion()), ['loopback'])
  t.assert.deepEqual([...(await guess(nginx, () => CLIENT))], [401, 429])
  const other = { 'x-api-key': 'a-guess', 'x-forwarded-for': '203.0.113.8' }
  t.assert.equal((await fetch(`${nginx}/v1/models`, { headers: other })).status, 401)
})
