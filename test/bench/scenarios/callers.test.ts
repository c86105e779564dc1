import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { type Caller, Failure } from '../../../bench/scenarios/caller.ts'
import { createHttpCaller } from '../../../bench/scenarios/http-caller.ts'
import { createAnthropicCaller, createOpenAiCaller } from '../../../bench/scenarios/sdk-callers.ts'
import type { SimulatorOptions } from '../../../src/sim/options.ts'
import { startSimulator } from '../../../src/sim/simulator.ts'

const WHOLE = { index: 7, at: 0, stream: false }
const STREAM = { ...WHOLE, stream: true }

async function vendor(t: TestContext, options: SimulatorOptions = {}): Promise<string> {
  const simulator = await startSimulator(options)
  t.after(() => simulator.close())
  return simulator.url
}

function read(caller: Caller, call = WHOLE): Promise<string> {
  const pieces: string[] = []
  return caller(call, new AbortController().signal, piece => pieces.push(piece)).then(() => pieces.join(''))
}

suite('callers of the scenarios', () => {
  test('all read whole answers, and streams piece by piece to their end', async t => {
    const url = await vendor(t)
    for (const caller of [createHttpCaller(url, 'gpt'), createOpenAiCaller(url), createAnthropicCaller(url)]) {
      assert.equal(await read(caller), '')
      assert.match(await read(caller, STREAM), /^Hello! .* You said: "What comes after 7\?"$/)
    }
  })

  test('a 429 that says when to come back is a refusal, a 503 that does not is a status', async t => {
    const limited = createHttpCaller(await vendor(t, { requestsPerSecond: 0.01 }), 'gpt')
    await read(limited)
    await assert.rejects(read(limited), new Failure('refused', 100))
    const down = createHttpCaller(await vendor(t, { outages: [{ after: 0, for: 60_000 }] }), 'gpt')
    await assert.rejects(read(down), new Failure('status'))
  })

  test('a stream that is cut before its end is no success', async t => {
    const simulator = await startSimulator({ tokensPerSecond: 20 })
    t.after(() => simulator.close())
    const caller = createHttpCaller(simulator.url, 'gpt')
    await assert.rejects(caller(STREAM, new AbortController().signal, () => void simulator.close()))
  })
})
