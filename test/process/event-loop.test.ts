import { type TestContext, test } from 'node:test'
import { Client } from '../journey/client.ts'
import { chunk, completion, FINISH, ROLE } from '../journey/frames.ts'
import { asked, CHAT } from '../journey/setup.ts'
import { type Handler, startUpstream, stream, whole } from '../upstream.ts'
import { addressesOf, startProcess } from './sluice.ts'

const MEBIBYTE = 1024 * 1024

/** Seconds. */
const LIMIT = 0.05
/** The machine's other work only ever adds to a delay, so one good round is the gateway's own, and the first should do. */
const ROUNDS = 8

/** 5 MB of a stream, and then nothing more. */
function* longStream() {
  yield ROLE
  for (let sent = 0; sent < 5 * MEBIBYTE; sent += 16 * 1024) yield chunk({ content: 'x'.repeat(16 * 1024) })
  yield new Promise<void>(() => {})
  yield FINISH
}

const vendor: Handler = (seen, response) =>
  seen.body.includes('"stream":true') ? stream(longStream())(seen, response) : whole(completion())(seen, response)

test('C26: bodies of 10 MB, 30 clients that leave 5 MB streams at once and scrapes delay nobody by 50 ms', async (t: TestContext) => {
  const upstream = await startUpstream(vendor)
  t.after(() => upstream.close())
  const config = `providers: { a: { type: vllm, baseUrl: "${upstream.url}" } }`
  const started = startProcess(t, [], { files: { 'sluice.yaml': config } })
  const { url, opsUrl } = await addressesOf(started)
  const body = JSON.stringify(asked({ model: 'a/m', messages: [{ role: 'user', content: 'x'.repeat(10 * MEBIBYTE) }] }))

  const delays: number[] = []
  while (delays.length < ROUNDS && (delays.at(-1) ?? LIMIT) >= LIMIT) {
    await scrape(opsUrl)
    const streams = Array.from({ length: 30 }, () => new Client(url + CHAT, asked({ model: 'a/m', stream: true })))
    const answers = Array.from({ length: 5 }, () => new Client(url + CHAT, body))
    await Promise.all(streams.map(client => client.head()))
    for (const client of streams) client.leave()
    const heads = await Promise.all(answers.map(client => client.head()))
    t.assert.deepEqual(
      heads.map(({ status }) => status),
      [200, 200, 200, 200, 200],
    )
    const metrics = await scrape(opsUrl)
    delays.push(Number(/^nodejs_eventloop_lag_p99_seconds (\S+)$/m.exec(metrics)?.[1]))
    t.assert.match(metrics, /^sluice_event_loop_utilization (?:0\.\d+|1)$/m)
  }
  t.assert.ok((delays.at(-1) ?? LIMIT) < LIMIT, `p99 of each round, s: ${delays.join(', ')}`)
})

/** Also begins a new count of delays. */
async function scrape(opsUrl: string): Promise<string> {
  return (await fetch(`${opsUrl}/metrics`)).text()
}
