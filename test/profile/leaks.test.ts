import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Gateway } from '../helper.ts'
import { completion } from '../journey/frames.ts'
import { asked, CHAT, setUp } from '../journey/setup.ts'
import { ROOT, readText } from '../source-tree.ts'
import { whole } from '../upstream.ts'
import { type DecodedProfile, decode } from './decode.ts'

const LEAKY = 'examples/leaks/leaky.ts'

/** So many that chance is no reason for a leak to be missed: one sample stands for 2 MiB, and twelve are expected of the smaller one. */
const REQUESTS = 300

const SOCKETS = 'nodejs_active_resources{type="TCPSocketWrap"}'

test('the leaks of docs/leaks.md are found: in a heap profile by function and TypeScript line, in the metrics by their sockets', async (t: TestContext) => {
  const { gateway } = await setUp(t, [whole(completion())], { config: { plugins: [join(ROOT, LEAKY)] } })
  process.setMaxListeners(0)
  t.after(() => process.removeAllListeners('beforeExit').setMaxListeners(10))
  const before = await heapOf(gateway)
  const socketsBefore = (await gateway.metrics()).get(SOCKETS) ?? 0
  const body = asked({ messages: [{ role: 'user', content: 'word '.repeat(12_000) }] })
  for (let count = 0; count < REQUESTS; count++) await (await gateway.post(CHAT, body)).arrayBuffer()
  const after = await heapOf(gateway)

  for (const name of ['wordsOf', 'watchForTheEnd']) {
    const grown = after.total('inuse_space', name) - before.total('inuse_space', name)
    t.assert.ok(grown > 3e6, `${name} holds ${grown} bytes more`)
    t.assert.deepEqual(placesOf(after, name), [{ file: join(ROOT, LEAKY), startLine: lineOf(name) }])
  }
  const leaked = after.total('inuse_space', 'wordsOf') + after.total('inuse_space', 'watchForTheEnd')
  t.assert.ok(leaked > after.total('inuse_space') / 2, 'the leaks stand out')
  const sockets = ((await gateway.metrics()).get(SOCKETS) ?? 0) - socketsBefore
  t.assert.ok(sockets >= REQUESTS, `${sockets} sockets more`)
})

async function heapOf({ opsUrl }: Gateway): Promise<DecodedProfile> {
  return decode(await (await fetch(`${opsUrl}/debug/pprof/heap`)).arrayBuffer())
}

function placesOf({ samples }: DecodedProfile, functionName: string): object[] {
  const frames = samples.flatMap(({ stack }) => stack.filter(({ name }) => name === functionName))
  const places = new Map(frames.map(({ file, startLine }) => [`${file}:${startLine}`, { file, startLine }]))
  return [...places.values()]
}

/** Where a function of the leaky plugin begins, from 1. */
function lineOf(functionName: string): number {
  const lines = readText(LEAKY).split('\n')
  return lines.findIndex(line => line.startsWith(`function ${functionName}(`)) + 1
}
