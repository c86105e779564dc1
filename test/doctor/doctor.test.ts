import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Redis } from 'ioredis'
import { type Diagnosis, doctor } from '../../src/doctor/doctor.ts'
import { startGateway } from '../helper.ts'
import { redisBinaryMissing, startOwnRedis } from '../redis.ts'
import { type Script, startUpstream, whole } from '../upstream.ts'

const SECRET = 'canary-key'
const MODELS = whole({ object: 'list', data: [] })
const LISTEN = { listen: { port: 0 }, ops: { port: 0 } }
const CALLERS = { keys: [{ name: 'caller', key: 'canary-of-the-caller' }] }

/** Examines a configuration; whatever comes out must hold no secret. */
async function examine(t: TestContext, config: object): Promise<Diagnosis> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-doctor-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const file = join(directory, 'sluice.yaml')
  writeFileSync(file, JSON.stringify({ ...LISTEN, ...CALLERS, ...config }))
  const diagnosis = await doctor([file])
  t.assert.doesNotMatch(diagnosis.text, /canary/)
  return diagnosis
}

async function vendor(t: TestContext, script: Script, options: { tls?: boolean } = {}): Promise<object> {
  const upstream = await startUpstream(script, options)
  t.after(() => upstream.close())
  return { type: 'openai-compatible', baseUrl: `${upstream.url}/v1`, apiKey: SECRET }
}

/** The line about a subject. */
function line({ text }: Diagnosis, subject: string): string {
  return text.split('\n').find(one => one.includes(`  ${subject}: `)) ?? ''
}

test('where all is well, each check is one line and the code is 0', async (t: TestContext) => {
  const upstream = await startUpstream(MODELS)
  t.after(() => upstream.close())
  const provider = { type: 'openai-compatible', baseUrl: `${upstream.url}/v1`, apiKeys: [SECRET, `${SECRET}-2`] }
  const diagnosis = await examine(t, { providers: { v: provider, sim: { type: 'sim' } } })
  t.assert.equal(diagnosis.code, 0, diagnosis.text)
  for (const shown of [
    'node',
    'file descriptors',
    'config',
    'provider v, key 0',
    'provider v, key 1',
    'provider sim',
    'clock',
  ]) {
    t.assert.match(line(diagnosis, shown), /^ok /, shown)
  }
  const asked = upstream.requests.map(({ method, url, headers }) => `${method} ${url} ${headers.authorization}`)
  t.assert.deepEqual(asked.sort(), [`GET /v1/models Bearer ${SECRET}`, `GET /v1/models Bearer ${SECRET}-2`])
})

test('a vendor whose health checks are prompts is sent none: nothing is billed', async (t: TestContext) => {
  const upstream = await startUpstream(MODELS)
  t.after(() => upstream.close())
  const provider = { type: 'openai-compatible', baseUrl: `${upstream.url}/v1`, apiKey: SECRET, health: { ask: 'm' } }
  await examine(t, { providers: { v: provider } })
  t.assert.deepEqual(
    upstream.requests.map(({ method, url }) => `${method} ${url}`),
    ['GET /v1/models'],
  )
})

test('a key that is refused, a certificate nobody vouches for and an address where nobody is are problems, code 2', async (t: TestContext) => {
  const refuses = await vendor(t, whole({ error: { message: `no: ${SECRET}` } }, { status: 401 }))
  const untrusted = await vendor(t, MODELS, { tls: true })
  const nobody = { type: 'openai-compatible', baseUrl: 'http://127.0.0.1:1/v1', apiKey: SECRET }
  const keyless = { ...refuses, apiKey: '' }
  const ill = await vendor(t, whole({}, { status: 500 }))
  const diagnosis = await examine(t, { providers: { refuses, untrusted, nobody, keyless, ill } })
  t.assert.equal(diagnosis.code, 2)
  t.assert.match(line(diagnosis, 'provider refuses'), /^problem .* answers 401, it refuses the key: check apiKey/)
  t.assert.match(line(diagnosis, 'provider untrusted'), /^problem .*TLS certificate.*NODE_EXTRA_CA_CERTS/)
  t.assert.match(line(diagnosis, 'provider nobody'), /^problem .*refused the connection: check baseUrl/)
  t.assert.match(line(diagnosis, 'provider keyless'), /^problem .*set apiKey/)
  t.assert.match(line(diagnosis, 'provider ill'), /^problem .*answers 500/)
})

test('a key that may not list models, and a vendor without a list, are warnings, code 1', async (t: TestContext) => {
  const forbids = await vendor(t, whole({}, { status: 403 }))
  const lacks = await vendor(t, whole({}, { status: 404 }))
  const diagnosis = await examine(t, { providers: { forbids, lacks } })
  t.assert.equal(diagnosis.code, 1, diagnosis.text)
  t.assert.match(line(diagnosis, 'provider forbids'), /^warning .*403/)
  t.assert.match(line(diagnosis, 'provider lacks'), /^warning .*404/)
})

test('a clock that is minutes away from that of the vendors is a problem', async (t: TestContext) => {
  const date = new Date(Date.now() - 600_000).toUTCString()
  const late = await vendor(t, whole({}, { headers: { date } }))
  const diagnosis = await examine(t, { providers: { late } })
  t.assert.match(line(diagnosis, 'clock'), /^problem .* 60\d s ahead of/)
})

test('a port that another program has is a problem; one that a gateway has is not', async (t: TestContext) => {
  const other = createServer((_request, response) => response.end('{}')).listen(0, '127.0.0.1')
  t.after(() => other.close())
  const gateway = await startGateway({ providers: { sim: { type: 'sim' } } })
  t.after(() => gateway.close())
  const { port } = other.address() as AddressInfo
  const ports = [gateway.url, gateway.opsUrl].map(url => Number(new URL(url).port))
  const providers = { sim: { type: 'sim' } }
  const taken = await examine(t, { providers, listen: { port }, ops: { port: ports[1] } })
  t.assert.equal(taken.code, 2)
  t.assert.match(line(taken, `listen 127.0.0.1:${port}`), /^problem .*in use by another program/)
  t.assert.match(line(taken, `ops 127.0.0.1:${ports[1]}`), /^ok .*a gateway has it already/)
  const ours = await examine(t, { providers, listen: { port: ports[0] } })
  t.assert.match(line(ours, `listen 127.0.0.1:${ports[0]}`), /^ok .*a gateway has it already/)
})

test('Redis is asked for what the limits need; a user who may not run scripts is told so', {
  skip: redisBinaryMissing,
}, async (t: TestContext) => {
  const redis = await startOwnRedis()
  t.after(() => redis.stop())
  const providers = { sim: { type: 'sim' } }
  const well = await examine(t, { providers, state: { redis: redis.url, timeout: '10s' } })
  t.assert.match(line(well, 'redis'), /^ok .*answers in \d+\.\d ms.*runs the scripts/)
  const client = new Redis(redis.url)
  await client.call('ACL', 'SETUSER', 'limited', 'on', `>${SECRET}`, '~*', '+@all', '-@scripting')
  client.disconnect()
  const withUser = (password: string): string => redis.url.replace('//', `//limited:${password}@`)
  const limited = await examine(t, { providers, state: { redis: withUser(SECRET) } })
  t.assert.equal(limited.code, 2)
  t.assert.match(line(limited, 'redis'), /^problem .*\(NOPERM\): allow EVAL/)
  const wrong = await examine(t, { providers, state: { redis: withUser('canary-of-another') } })
  t.assert.match(line(wrong, 'redis'), /^problem .*refuses the password \(WRONGPASS\)/)

  await redis.stop()
  const away = await examine(t, { providers, state: { redis: redis.url } })
  t.assert.match(line(away, 'redis'), /^problem .*cannot be reached \(ECONNREFUSED\)/)
})

test('what is wrong with the configuration is said with its place, and nobody is asked', async (t: TestContext) => {
  const upstream = await startUpstream(MODELS)
  t.after(() => upstream.close())
  const provider = { type: 'openai-compatible', baseUrl: upstream.url, apiKey: SECRET }
  const { code, text } = await examine(t, { providers: { v: provider }, modls: {} })
  t.assert.equal(code, 2)
  t.assert.match(text, /^problem {2}config: .*sluice\.yaml:1:\d+ .*"modls"/m)
  t.assert.equal(upstream.requests.length, 0)
})
