import { execFile, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { chatStream, chunk, DONE, FINISH, ROLE } from '../journey/frames.ts'
import { CHAT } from '../journey/setup.ts'
import { readText } from '../source-tree.ts'
import { startUpstream, stream } from '../upstream.ts'
import { addressesOf, type Started, startProcess } from './sluice.ts'

const run = promisify(execFile)

/** For the `skip` option of tests that paste what the greeting prints. */
const curlMissing = spawnSync('curl', ['--version']).error === undefined ? false : 'no curl'

/** More than Node has wait unless told otherwise, where the system allows it. */
const BURST =
  process.platform === 'linux' ? Math.min(1_000, Number(readFileSync('/proc/sys/net/core/somaxconn', 'utf8'))) : 100

/** What is said of its health, and how the process ends on a signal. */
async function expectReadyUntil(t: TestContext, started: Started, signal: NodeJS.Signals): Promise<void> {
  const { url } = await addressesOf(started)
  for (const path of ['/health/live', '/health/ready']) {
    const response = await fetch(url + path)
    t.assert.deepEqual([response.status, await response.json()], [200, { status: 'ok' }])
  }
  started.kill(signal)
  t.assert.equal(await started.exit, 0)
  t.assert.equal(started.stderr, '', 'and V8 knows the flag that it is given')
}

test('without any configuration', async (t: TestContext) => {
  const started = startProcess(t, [])
  const { url, opsUrl } = await addressesOf(started)

  await t.test(
    'F1: without any configuration the line that is printed streams an answer when it is pasted',
    {
      skip: curlMissing,
    },
    async (t: TestContext) => {
      const [, line = ''] = await started.wrote(/^ {2}(curl .*)$/m)
      t.assert.ok(line.startsWith(`curl -N ${url}/v1/chat/completions `))
      const { stdout } = await run('sh', ['-c', `${line} --silent --show-error`])
      t.assert.match(stdout, /^data: \{.*"delta":/)
      t.assert.ok(stdout.split('\n\n').length > 4, 'it came in pieces')
      t.assert.match(stdout, /data: \[DONE\]\n\n$/)
      const metrics = await (await fetch(`${opsUrl}/metrics`)).text()
      t.assert.match(metrics, /api_requests_total\{endpoint="\/v1\/chat\/completions",status="200"\} 1/)
    },
  )

  await t.test('a burst of a thousand connections waits for a process that is busy', async () => {
    const { port } = new URL(url)
    started.kill('SIGSTOP')
    const sockets = Array.from({ length: BURST }, () => connect(Number(port), '127.0.0.1'))
    await Promise.all(sockets.map(socket => once(socket, 'connect')))
    started.kill('SIGCONT')
    for (const socket of sockets) socket.destroy()
  })

  await t.test('ready means ready, and the process ends with code 0 on SIGTERM', (t: TestContext) =>
    expectReadyUntil(t, started, 'SIGTERM'),
  )
})

test('a vendor whose key is in the environment', async (t: TestContext) => {
  const started = startProcess(t, [], {
    environment: { OPENAI_API_KEY: 'canary-key', ANTHROPIC_API_KEY: 'canary-key' },
  })
  await addressesOf(started)

  await t.test(
    'F1: a vendor whose key is in the environment is configured by itself, and the greeting says so, not the key',
    (t: TestContext) => {
      t.assert.match(started.stdout, /models +sim\/echo, sim\/echo-mini; and .*anthropic\/MODEL/)
      t.assert.match(started.stdout, /openai\/MODEL/)
      t.assert.doesNotMatch(started.stdout + started.stderr, /canary/)
    },
  )

  await t.test('ready means ready, and the process ends with code 0 on SIGINT', (t: TestContext) =>
    expectReadyUntil(t, started, 'SIGINT'),
  )
})

test('the greeting shows where the key goes once callers have keys, and a model of theirs', {
  skip: curlMissing,
}, async (t: TestContext) => {
  const text = `
providers: { sim: {} }
models: { chat: { targets: [ { provider: sim, model: echo } ] } }
keys: [ { name: caller, key: canary-key-of-a-caller } ]
`
  const started = startProcess(t, ['--config', 'other.yaml'], { files: { 'other.yaml': text } })
  const { url } = await addressesOf(started)
  const [, line = ''] = await started.wrote(/^ {2}(curl .*)$/m)
  t.assert.match(line, /-H "authorization: Bearer \$SLUICE_KEY"/)
  t.assert.doesNotMatch(started.stdout, /canary/)
  const { stdout } = await run('sh', ['-c', `${line} --silent`], {
    env: { ...process.env, SLUICE_KEY: 'canary-key-of-a-caller' },
  })
  t.assert.match(stdout, /\[DONE\]/)
  t.assert.equal((await fetch(`${url}/v1/models`)).status, 401)
})

test('C23: on SIGTERM readiness turns 503 at once, the open stream finishes, then the process ends', async (t: TestContext) => {
  const rest = Promise.withResolvers<void>()
  const upstream = await startUpstream(
    stream([ROLE, chunk({ content: 'one' }), rest.promise, chunk({ content: 'two' }), FINISH, DONE]),
  )
  t.after(() => upstream.close())
  const text = `
listen: { drain: 20s }
providers: { a: { type: openai-compatible, baseUrl: "${upstream.url}" } }
`
  const started = startProcess(t, [], { files: { 'sluice.yaml': text } })
  const { url } = await addressesOf(started)
  const { hostname, port } = new URL(url)
  // Open before the signal: afterwards nothing new is let in.
  const probe = connect(Number(port), hostname)
  await once(probe, 'connect')
  const body = JSON.stringify({ model: 'a/m', stream: true, messages: [{ role: 'user', content: 'Hello' }] })
  const response = await fetch(url + CHAT, { method: 'POST', body })
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  let received = ''
  while (!received.includes('one')) received += Buffer.from((await reader.read()).value ?? []).toString()

  started.kill('SIGTERM')
  await started.wrote(/"msg":"draining"/)
  probe.write('GET /health/ready HTTP/1.1\r\nhost: localhost\r\n\r\n')
  const [answer] = (await once(probe, 'data')) as [Buffer]
  t.assert.match(answer.toString(), /^HTTP\/1\.1 503 /)
  t.assert.match(answer.toString(), /connection: close/i)
  t.assert.match(answer.toString(), /\{"status":"draining"\}$/)

  rest.resolve()
  for (let piece = await reader.read(); !piece.done; piece = await reader.read())
    received += Buffer.from(piece.value).toString()
  t.assert.match(received, /two/)
  t.assert.match(received, /data: \[DONE\]\n\n$/)
  t.assert.equal(await started.exit, 0)
})

test('C23: a stream that does not finish ends with an error at the drain limit', async (t: TestContext) => {
  const upstream = await startUpstream(stream([...chatStream('one').slice(0, 2), new Promise<void>(() => {})]))
  t.after(() => upstream.close())
  const text = `
listen: { drain: 50ms }
providers: { a: { type: openai-compatible, baseUrl: "${upstream.url}" } }
`
  const started = startProcess(t, [], { files: { 'sluice.yaml': text } })
  const { url } = await addressesOf(started)
  const body = JSON.stringify({ model: 'a/m', stream: true, messages: [{ role: 'user', content: 'Hello' }] })
  const response = await fetch(url + CHAT, { method: 'POST', body })
  started.kill('SIGTERM')
  t.assert.match(await response.text(), /shutting down/)
  t.assert.equal(await started.exit, 0)
})

test('--help and --version answer on standard output, with code 0, and start nothing', async (t: TestContext) => {
  const { version } = JSON.parse(readText('package.json')) as { version: string }
  for (const [option, expected] of [
    ['--help', /^Usage: sluice \[--config FILE\]/],
    ['-h', /^Usage: sluice/],
    ['--version', new RegExp(`^${version.replaceAll('.', '\\.')}\n$`)],
    ['-v', new RegExp(`^${version.replaceAll('.', '\\.')}\n$`)],
  ] as const) {
    const started = startProcess(t, [option])
    t.assert.equal(await started.exit, 0)
    t.assert.match(started.stdout, expected)
    t.assert.equal(started.stderr, '')
  }
})
