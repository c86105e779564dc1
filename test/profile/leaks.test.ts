import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { completion } from '../journey/frames.ts'
import { asked, CHAT, setUp } from '../journey/setup.ts'
import { ROOT, readText } from '../source-tree.ts'
import { whole } from '../upstream.ts'
import { type DecodedProfile, decode } from './decode.ts'

const LEAKY = 'examples/leaks/leaky.ts'

/** Where a function of the leaky plugin begins, from 1. */
function lineOf(functionName: string): number {
  return (
    readText(LEAKY)
      .split('\n')
      .findIndex(line => line.startsWith(`function ${functionName}(`)) + 1
  )
}

test('docs/leaks.md: a heap profile after some load names what leaks, by function and TypeScript line', async (t: TestContext) => {
  const { gateway } = await setUp(t, [whole(completion())], { config: { plugins: [join(ROOT, LEAKY)] } })
  process.setMaxListeners(0)
  t.after(() => process.removeAllListeners('SIGUSR2').setMaxListeners(10))
  const before = decode(await heapOf(gateway.opsUrl))
  const body = asked({ messages: [{ role: 'user', content: 'word '.repeat(2000) }] })
  for (let count = 0; count < 150; count++) await (await gateway.post(CHAT, body)).arrayBuffer()
  const after = decode(await heapOf(gateway.opsUrl))

  for (const name of ['wordsOf', 'watchForTheEnd']) {
    const grown = after.total('inuse_space', name) - before.total('inuse_space', name)
    t.assert.ok(grown > 3e6, `${name} holds ${grown} bytes more`)
    t.assert.deepEqual(placesOf(after, name), [{ file: join(ROOT, LEAKY), startLine: lineOf(name) }])
  }
  const leaked = after.total('inuse_space', 'wordsOf') + after.total('inuse_space', 'watchForTheEnd')
  t.assert.ok(leaked > after.total('inuse_space') / 2, 'the leaks stand out')
})

async function heapOf(opsUrl: string): Promise<ArrayBuffer> {
  return (await fetch(`${opsUrl}/debug/pprof/heap`)).arrayBuffer()
}

function placesOf({ samples }: DecodedProfile, functionName: string): object[] {
  const frames = samples.flatMap(({ stack }) => stack.filter(({ name }) => name === functionName))
  const places = new Map(frames.map(({ file, startLine }) => [`${file}:${startLine}`, { file, startLine }]))
  return [...places.values()]
}
