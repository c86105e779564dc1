import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { Agent, type Dispatcher } from 'undici'
import { chunk, completion, DONE, FINISH, ROLE } from '../journey/frames.ts'
import { asked, CHAT, MESSAGES } from '../journey/setup.ts'
import { timeSaysNothing } from '../timing.ts'
import { startUpstream, stream, type Upstream, whole } from '../upstream.ts'
import type { Gap } from './loop-probe.ts'
import { addressesOf, type Started, startProcess } from './sluice.ts'

/** What C26 allows, ms. */
const MOST_MS = 50
/**
 * And, where neighbours make all work take longer, of what it takes here to read and write a large body as JSON. A call that is
 * opened is scanned, parsed, read, written and put into bytes in turns of their own: in one turn they take twice as long as this.
 */
const MOST_OF_JSON = 1.25
const WARM_UP = 50
const LARGE_BODIES = 7
const CLIENTS = 30
const LEAVINGS = 7
const SCRAPES = 20

/** 10 MB, as a long session with code in it is: many turns, full of escapes. */
const TURN = { role: 'user', content: 'const name = "value"\n\t'.repeat(40) }
const LARGE = largeFor('v/m')
const TRANSLATED = largeFor('w/m')
const COUNT = `${MESSAGES}/count_tokens`
const MESSAGE = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'm',
  content: [{ type: 'text', text: 'well' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 1, output_tokens: 1 },
}
const SMALL = JSON.stringify(asked({ model: 'v/m' }))
const STREAMED = JSON.stringify(asked({ model: 'v/m', stream: true }))
/** 5 MB. */
const PIECES = Array.from({ length: 160 }, () => chunk({ content: 'x'.repeat(32 * 1024) }))
/** A client has begun to read when it has this much; the rest of the stream waits on all the way from the vendor. */
const BEGUN_BYTES = 2 ** 20

const agent = new Agent()

function largeFor(model: string): string {
  return JSON.stringify(asked({ model, messages: Array.from({ length: 10_000 }, () => TURN) }))
}

function post(url: string, body: string, path = CHAT, signal?: AbortSignal): Promise<Dispatcher.ResponseData> {
  const headers = { 'content-type': 'application/json' }
  return agent.request({ origin: url, path, method: 'POST', headers, body, ...(signal && { signal }) })
}

async function ask(t: TestContext, url: string, body: string, path = CHAT): Promise<void> {
  const response = await post(url, body, path)
  await response.body.text()
  t.assert.equal(response.statusCode, 200)
}

/** Reads the beginning of a stream, and no more. */
async function begin(url: string, signal: AbortSignal): Promise<void> {
  const { body } = await post(url, STREAMED, CHAT, signal)
  const begun = Promise.withResolvers<void>()
  let bytes = 0
  body.on('error', () => {})
  body.on('data', (piece: Buffer) => {
    bytes += piece.length
    if (bytes < BEGUN_BYTES) return
    body.pause()
    begun.resolve()
  })
  await begun.promise
}

async function leaveAtOnce(url: string, opsUrl: string): Promise<void> {
  const leaving = new AbortController()
  await Promise.all(Array.from({ length: CLIENTS }, () => begin(url, leaving.signal)))
  leaving.abort()
  while (!/^sluice_inflight 0$/m.test(await scrape(opsUrl)));
}

async function scrape(opsUrl: string): Promise<string> {
  return (await fetch(`${opsUrl}/metrics`)).text()
}

type Span = readonly [from: number, to: number]

/** When each act began and was over, ms since 1970. */
async function repeat(times: number, act: () => Promise<unknown>): Promise<Span[]> {
  const now = (): number => performance.timeOrigin + performance.now()
  const spans: Span[] = []
  for (let index = 0; index < times; index += 1) {
    const from = now()
    await act()
    spans.push([from, now()])
  }
  return spans
}

/** CPU time, ms. On top of what is needed, one such reading and writing would be too much. */
function costOfJson(): number {
  const before = process.threadCpuUsage()
  JSON.stringify(JSON.parse(LARGE))
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / 1000
}

function startProbed(t: TestContext, { url }: Upstream): Started {
  const providers = {
    v: { type: 'openai-compatible', baseUrl: `${url}/v1` },
    w: { type: 'anthropic', baseUrl: url, apiKey: 'key-of-w' },
  }
  return startProcess(t, [], {
    files: { 'sluice.yaml': JSON.stringify({ providers }) },
    environment: {
      LOG_LEVEL: 'error',
      NODE_OPTIONS: `--import ${pathToFileURL(join(import.meta.dirname, 'loop-probe.ts'))}`,
      LOOP_PROBE: 'gaps.json',
    },
  })
}

/** The longest that the loop was kept during a typical span: one in which garbage is collected takes longer, and another moment. */
function typical(gaps: readonly Gap[], spans: readonly Span[]): number {
  const longest = spans.map(([from, to]) =>
    Math.max(0, ...gaps.filter(([at]) => at > from && at < to).map(([, cpu]) => cpu)),
  )
  return median(longest)
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN
}

test('C26: bodies of 10 MB on either lane, counted ones, thirty streams of 5 MB left at once and scrapes keep the event loop from nothing for long', {
  skip: timeSaysNothing,
}, async (t: TestContext) => {
  const upstream = await startUpstream((request, response) => {
    if (request.body.includes('"stream":true')) return stream([ROLE, ...PIECES, FINISH, DONE])(request, response)
    return whole(request.url === MESSAGES ? MESSAGE : completion('well'))(request, response)
  })
  t.after(() => upstream.close())
  const started = startProbed(t, upstream)
  const { url, opsUrl } = await addressesOf(started)
  await repeat(WARM_UP, () => ask(t, url, SMALL))
  for (const body of [LARGE, TRANSLATED]) await ask(t, url, body)
  await ask(t, url, LARGE, COUNT)
  await scrape(opsUrl)

  // After each act, since the machine is not as fast at all times.
  const json: number[] = []
  const measured = (times: number, act: () => Promise<unknown>) =>
    repeat(times, async () => {
      await act()
      json.push(costOfJson())
    })
  const askLarge = (body: string, path?: string) => measured(LARGE_BODIES, () => ask(t, url, body, path))
  const spans = {
    passed: await askLarge(LARGE),
    translated: await askLarge(TRANSLATED),
    counted: await askLarge(LARGE, COUNT),
    left: await measured(LEAVINGS, () => leaveAtOnce(url, opsUrl)),
    scraped: await repeat(SCRAPES, () => scrape(opsUrl)),
  }
  await agent.close()
  started.kill('SIGTERM')
  await started.exit

  const most = Math.max(MOST_MS, MOST_OF_JSON * median(json))
  const gaps = JSON.parse(readFileSync(join(started.directory, 'gaps.json'), 'utf8')) as Gap[]
  for (const [name, of] of Object.entries(spans)) {
    const ms = typical(gaps, of)
    t.diagnostic(`${name}: ${ms.toFixed(1)} ms of ${most.toFixed(1)} ms`)
    t.assert.ok(ms < most, `${name}: ${ms} ms, and no more than ${most} ms are allowed`)
  }
  t.assert.ok(typical(gaps, spans.translated) > 0)
})
