import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Agent } from 'undici'
import { chunk, completion, DONE, FINISH, ROLE } from '../journey/frames.ts'
import { asked, CHAT } from '../journey/setup.ts'
import { type Handler, startUpstream, stream, type Upstream, whole } from '../upstream.ts'
import { addressesOf, type Started, startProcess } from './sluice.ts'

/** Requests a second, whether those before were answered or not, and for how long (s). */
const RATE = 300
const SECONDS = 2
/** So far apart that each is a reload, unless the machine is busy: saves that come close together are one. */
const SAVES = 10

interface Answered {
  readonly status: number
  readonly text: string
  readonly ms: number
}

/** Much less work than `fetch`, which would share the processor with what is tested. */
const agent = new Agent()

async function ask(url: string, members: object): Promise<Answered> {
  const began = performance.now()
  const headers = { 'content-type': 'application/json' }
  const { statusCode, body } = await agent.request({
    origin: url,
    path: CHAT,
    method: 'POST',
    headers,
    body: JSON.stringify(asked(members)),
  })
  const text = await body.text()
  return { status: statusCode, text, ms: performance.now() - began }
}

/** Another address, key and number of connections with each version: all there is to build anew, and to close. */
function configOf(version: number, upstreams: readonly Upstream[]): string {
  const provider = {
    type: 'openai-compatible',
    baseUrl: `${upstreams[version % 2]?.url}/v1`,
    apiKey: `key-${version}`,
    connections: 100 + version,
  }
  return JSON.stringify({ providers: { v: provider }, models: { chat: { targets: [{ provider: 'v', model: 'm' }] } } })
}

/** Does `count` things, evenly over `SECONDS`. */
async function paced<T>(count: number, act: (index: number) => T): Promise<T[]> {
  const began = performance.now()
  const done: T[] = []
  for (let index = 0; index < count; index += 1) {
    const wait = began + (index * SECONDS * 1000) / count - performance.now()
    if (wait > 0) await sleep(wait)
    done.push(act(index))
  }
  return done
}

async function countReloads(opsUrl: string): Promise<Record<string, number>> {
  const text = await (await fetch(`${opsUrl}/metrics`)).text()
  const lines = text.matchAll(/^sluice_config_reloads_total\{result="(\w+)"\} (\d+)$/gm)
  return Object.fromEntries([...lines].map(([, result, count]) => [result, Number(count)]))
}

function save({ directory }: Started, config: string): void {
  const file = join(directory, 'sluice.yaml')
  writeFileSync(`${file}.new`, config)
  renameSync(`${file}.new`, file)
}

test('C20: a process at 300 requests a second, streams open, is reloaded again and again: not one request fails', async (t: TestContext) => {
  const released = Promise.withResolvers<void>()
  const handler: Handler = (request, response) => {
    if (!request.body.includes('"stream":true')) return whole(completion('whole'))(request, response)
    return stream([ROLE, chunk({ content: 'begun' }), released.promise, FINISH, DONE])(request, response)
  }
  const upstreams = [await startUpstream(handler), await startUpstream(handler)]
  t.after(() => Promise.all(upstreams.map(upstream => upstream.close())))
  const started = startProcess(t, [], {
    files: { 'sluice.yaml': configOf(0, upstreams) },
    environment: { LOG_LEVEL: 'error' },
  })
  const { url, opsUrl } = await addressesOf(started)
  t.after(() => agent.destroy())

  const streams: Promise<Answered>[] = []
  const saving = paced(SAVES, index => {
    streams.push(ask(url, { stream: true }))
    save(started, configOf(index + 1, upstreams))
  })
  const answers = await Promise.all(await paced(RATE * SECONDS, () => ask(url, {})))
  await saving
  const reloads = await countReloads(opsUrl)
  released.resolve()

  const failed = answers.filter(({ status, text }) => status !== 200 || !text.includes('whole'))
  t.assert.deepEqual(failed, [])
  for (const { status, text } of await Promise.all(streams)) {
    t.assert.equal(status, 200)
    t.assert.match(text, /begun[\s\S]*data: \[DONE\]\n\n$/)
  }
  t.assert.ok((reloads.applied ?? 0) >= SAVES / 2, JSON.stringify(reloads))
  t.assert.equal(reloads.refused ?? 0, 0)
  const sorted = answers.map(({ ms }) => ms).sort((one, other) => one - other)
  const quantile = (share: number): string => `${sorted[Math.floor(share * sorted.length)]?.toFixed(1)} ms`
  t.diagnostic(`${answers.length} answers, ${reloads.applied} reloads, p50 ${quantile(0.5)}, p99 ${quantile(0.99)}`)
})
