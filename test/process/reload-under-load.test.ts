import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Agent } from 'undici'
import { freePort, ready, START_LIMIT } from '../../bench/processes.ts'
import { type Child, startChild } from '../../bench/scenarios/child.ts'
import type { Inside } from '../../bench/soak/probe.ts'
import { type Open, openOf } from '../../bench/soak/sockets.ts'
import { asked, CHAT } from '../journey/setup.ts'
import { ROOT } from '../source-tree.ts'
import { startUpstream } from '../upstream.ts'
import { CALLER_KEY, configOf, isOf, repeating, VENDORS, versionOf } from './versions.ts'

/** Requests a second, whether those before were answered or not. */
const RATE = 300
const RELOADS = 50
/** After so many of them, what is loaded, compiled and grown at its first use is there. */
const WARM_UP = 10
/** With each reload a stream begins that ends so many later: as many are open at any time. */
const STREAMS = 10
/** Of the heap after a garbage collection, MiB; forty snapshots that are kept take more than 7. */
const MOST_GROWTH = 3
/** How long connections may take to close, ms: half of what one that nobody closes is kept for. */
const PATIENCE = 15_000

interface Stage {
  readonly url: string
  readonly gateway: Child
  /** Saves the next version of the configuration; returns its number. */
  save(): number
  /** Lets the streams of all versions up to this one end. */
  end(version: number): void
  /** What the gateway holds open. */
  open(): Open
}

interface Answered {
  readonly status: number
  readonly version: number
  readonly ofOne: boolean
  readonly text: string
  readonly ms: number
}

async function setUp(t: TestContext): Promise<Stage> {
  const ends = Array.from({ length: RELOADS + 3 }, () => Promise.withResolvers<void>())
  const upstreams = await Promise.all(
    Array.from({ length: VENDORS }, (_, index) =>
      startUpstream(repeating(index, async version => ends[version]?.promise)),
    ),
  )
  const urls = upstreams.map(({ url }) => url)
  const directory = mkdtempSync(join(tmpdir(), 'sluice-reload-'))
  const file = join(directory, 'sluice.yaml')
  let version = -1
  const save = (): number => {
    version += 1
    writeFileSync(`${file}.new`, JSON.stringify(configOf(version, urls)))
    renameSync(`${file}.new`, file)
    return version
  }
  save()
  const [port, opsPort] = [await freePort(), await freePort()]
  const gateway = startChild(join(ROOT, 'src/server.ts'), {
    args: ['--config', file],
    nodeOptions: ['--expose-gc', '--import', join(ROOT, 'bench/soak/probe.ts')],
    environment: { PATH: process.env.PATH, PORT: String(port), OPS_PORT: String(opsPort), LOG_LEVEL: 'error' },
  })
  t.after(async () => {
    await gateway[Symbol.asyncDispose]()
    await Promise.all(upstreams.map(upstream => upstream.close()))
    rmSync(directory, { recursive: true })
  })
  const url = `http://127.0.0.1:${port}`
  await ready(url, performance.now() + START_LIMIT)
  return {
    url,
    gateway,
    save,
    end(last) {
      for (const { resolve } of ends.slice(0, Math.max(0, last + 1))) resolve()
    },
    open() {
      const [one, other] = urls.map(vendor => openOf(gateway.pid, port, Number(new URL(vendor).port))) as [Open, Open]
      return { ...one, toVendors: one.toVendors + other.toVendors }
    },
  }
}

/** By undici: `fetch` does so much more that the processor would be short for what is tested. */
async function ask(agent: Agent, { url }: Stage, members: object = {}): Promise<Answered> {
  const began = performance.now()
  const { statusCode, headers, body } = await agent.request({
    origin: url,
    path: CHAT,
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${CALLER_KEY}` },
    body: JSON.stringify(asked(members)),
  })
  const answered = new Headers(headers as Record<string, string>)
  const version = versionOf(answered)
  const text = await body.text()
  return { status: statusCode, version, ofOne: isOf(version, answered, text), text, ms: performance.now() - began }
}

interface Load {
  readonly answers: readonly Answered[]
  readonly streams: readonly Answered[]
  /** Requests a second. */
  readonly rate: number
}

/** Saves so many versions, each when an answer has shown that the one before is in force, while requests are sent by the clock. */
async function reloadUnderLoad(stage: Stage, reloads: number): Promise<Load> {
  const agent = new Agent()
  const answers: Promise<Answered>[] = []
  const streams: Promise<Answered>[] = []
  let shown = -1
  const askAndLook = async (): Promise<Answered> => {
    const answer = await ask(agent, stage)
    shown = Math.max(shown, answer.version)
    return answer
  }
  const began = performance.now()
  let elapsed = 0
  let saved = stage.save()
  while (streams.length < reloads) {
    await sleep(1)
    elapsed = (performance.now() - began) / 1000
    while (answers.length < elapsed * RATE) answers.push(askAndLook())
    if (shown < saved) continue
    streams.push(ask(agent, stage, { stream: true }))
    stage.end(saved - STREAMS)
    if (streams.length < reloads) saved = stage.save()
  }
  const rate = answers.length / elapsed
  const answered = await Promise.all(answers)
  stage.end(saved)
  const streamed = await Promise.all(streams)
  await agent.close()
  return { answers: answered, streams: streamed, rate }
}

/** What there is without load, where a version was asked once: one connection to its vendor, and no other. */
interface AtRest extends Inside, Open {}

async function lookAtRest(stage: Stage): Promise<AtRest> {
  const agent = new Agent()
  const version = stage.save()
  while ((await ask(agent, stage)).version < version);
  await agent.close()
  const deadline = performance.now() + PATIENCE
  for (;;) {
    const { fromClients, toVendors } = stage.open()
    const isLate = performance.now() > deadline
    const inside = await stage.gateway.ask<Inside>('look')
    // Anew: connections that were closed in the midst of the look before are among its descriptors.
    if (fromClients + toVendors === 1 || isLate) return { ...inside, ...stage.open() }
  }
}

/** Snapshots that are kept show on the heap, pools that stay open by their connections. */
function expectNothingLeft(t: TestContext, before: AtRest, after: AtRest): void {
  const held = ({ descriptors, fromClients, toVendors, listeners, resources: { Timeout = 0 } }: AtRest): object => ({
    descriptors,
    fromClients,
    toVendors,
    listeners,
    timers: Timeout,
  })
  t.assert.deepEqual(held(after), held(before))
  const grown = (after.heap - before.heap) / 2 ** 20
  t.diagnostic(`${grown.toFixed(1)} MiB more on the heap`)
  t.assert.ok(grown < MOST_GROWTH, `${grown} MiB`)
}

test('C20: fifty reloads at 300 requests a second, streams open: no request fails, each is of one config, nothing is left', {
  skip: process.platform !== 'linux' && 'reads /proc',
}, async (t: TestContext) => {
  const stage = await setUp(t)
  const first = await reloadUnderLoad(stage, WARM_UP)
  const before = await lookAtRest(stage)
  const second = await reloadUnderLoad(stage, RELOADS - WARM_UP)
  const after = await lookAtRest(stage)

  const answers = [...first.answers, ...second.answers]
  const streams = [...first.streams, ...second.streams]
  t.assert.deepEqual(
    [...answers, ...streams].filter(({ status, ofOne }) => status !== 200 || !ofOne),
    [],
  )
  t.assert.equal(streams.length, RELOADS)
  for (const { text } of streams) t.assert.match(text, /begun [\s\S]*data: \[DONE\]\n\n$/)
  for (const { rate } of [first, second]) t.assert.ok(rate > 0.95 * RATE, `${rate} requests a second`)
  expectNothingLeft(t, before, after)

  const sorted = answers.map(({ ms }) => ms).sort((one, other) => one - other)
  const quantile = (share: number): string => `${sorted[Math.floor(share * sorted.length)]?.toFixed(1)} ms`
  t.diagnostic(`${answers.length} answers, p50 ${quantile(0.5)}, p99 ${quantile(0.99)}`)
})
