import { type TestContext, test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Snapshot } from '../../src/routing/reload/snapshot.ts'
import { chunk, completion, DONE, FINISH, ROLE } from '../journey/frames.ts'
import { asked, CHAT } from '../journey/setup.ts'
import { type Handler, type SeenRequest, startUpstream, stream, type Upstream, whole } from '../upstream.ts'
import { type ReloadBench, setUp } from './setup.ts'

const RELOADS = 50
const CLIENTS = 8
const STREAMS = 10

/** What a request says of the config by which it was made: vendor, key and model. */
function marks(vendor: string, { headers, body }: SeenRequest): string {
  const { model } = JSON.parse(body.toString()) as { model: string }
  return `${vendor} ${headers.authorization} ${model}`
}

/** Repeats the marks; streams pause after the first word until `released`. */
function repeating(vendor: string, released: Promise<void>): Handler {
  return (request, response) => {
    const said = marks(vendor, request)
    if (!request.body.includes('"stream":true')) return whole(completion(said))(request, response)
    return stream([ROLE, chunk({ content: 'begun ' }), released, chunk({ content: said }), FINISH, DONE])(
      request,
      response,
    )
  }
}

/** The version says everything: which vendor, with which key, model and connections. */
function configOf(version: number, upstreams: readonly Upstream[]): object {
  const provider = {
    type: 'openai-compatible',
    baseUrl: `${upstreams[version % 2]?.url}/v1`,
    apiKey: `key-${version}`,
    connections: 100 + version,
  }
  return { providers: { v: provider }, models: { chat: { targets: [{ provider: 'v', model: `m-${version}` }] } } }
}

function marksOf(version: string): string {
  return `${Number(version) % 2} Bearer key-${version} m-${version}`
}

function versionIn(response: Response): string {
  return /^v\/m-(\d+)$/.exec(response.headers.get('x-sluice-target') ?? '')?.[1] ?? 'none'
}

/** Asks until the reloads are over; returns how many answers there were. */
async function keepAsking(t: TestContext, { gateway }: ReloadBench, over: () => boolean): Promise<number> {
  let answers = 0
  while (!over()) {
    const response = await gateway.post(CHAT, asked())
    t.assert.equal(response.status, 200)
    const { choices } = (await response.json()) as { choices: { message: { content: string } }[] }
    t.assert.equal(choices[0]?.message.content, marksOf(versionIn(response)))
    answers += 1
  }
  return answers
}

async function openStream({ gateway }: ReloadBench): Promise<{ response: Response; text: Promise<string> }> {
  const response = await gateway.post(CHAT, asked({ stream: true }))
  return { response, text: response.text() }
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
}

test('C20: fifty reloads under load with streams open: no request fails, each answer is of one config, and nothing is left', async (t: TestContext) => {
  const released = Promise.withResolvers<void>()
  const upstreams = await Promise.all(['0', '1'].map(name => startUpstream(repeating(name, released.promise))))
  const bench = await setUp(t, configOf(0, upstreams))
  t.after(() => Promise.all(upstreams.map(upstream => upstream.close())))
  const { live, breakers, reloads } = bench.gateway.app.api

  let over = false
  const asking = Array.from({ length: CLIENTS }, () => keepAsking(t, bench, () => over))
  const streams = []
  const snapshots: WeakRef<Snapshot>[] = []
  for (let version = 1; version <= RELOADS; version += 1) {
    if (version % (RELOADS / STREAMS) === 0) streams.push(await openStream(bench))
    snapshots.push(new WeakRef(live.snapshot))
    await bench.reload(configOf(version, upstreams))
  }
  over = true
  const answers = await Promise.all(asking)
  t.assert.ok(
    answers.every(count => count > 0),
    `answers: ${answers}`,
  )
  t.assert.deepEqual(reloads.counts, { applied: RELOADS, refused: 0, unchanged: 0 })

  released.resolve()
  for (const { response, text } of streams) {
    t.assert.ok((await text).includes(marksOf(versionIn(response))))
    t.assert.match(await text, /data: \[DONE\]\n\n$/)
  }
  t.assert.equal(new Set(streams.map(({ response }) => versionIn(response))).size, STREAMS)
  await bench.gateway.ended(answers.reduce((sum, count) => sum + count, 0) + STREAMS)

  // Connections of configs that are gone are closed once their last answer has ended; those of the last one stay.
  const ofOthers = upstreams
    .flatMap(({ requests }) => requests)
    .filter(({ headers }) => headers.authorization !== `Bearer key-${RELOADS}`)
  t.assert.ok(ofOthers.length >= STREAMS)
  await Promise.all(ofOthers.map(({ socketClosed }) => socketClosed))
  t.assert.equal(live.snapshot.tenants.count, 0)
  t.assert.equal(breakers.size, 1)
  await (await bench.gateway.post(CHAT, asked())).text()
  collectGarbage()
  const left = snapshots.filter(snapshot => snapshot.deref() !== undefined).length
  t.assert.ok(left <= CLIENTS, `${left} snapshots are left`)
})
