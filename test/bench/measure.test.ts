import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { type Call, callTo, verify } from '../../bench/calls.ts'
import type { Generator, Load } from '../../bench/load.ts'
import { type Arm, compare, median } from '../../bench/measure.ts'
import { cpuTime, peakMemory } from '../../bench/processes.ts'
import { type Simulator, startSimulator } from '../../src/sim/simulator.ts'

const EFFORT = { warmUp: 10, rounds: 3, seconds: 1 }
const onLinux = { skip: process.platform !== 'linux' && 'reads /proc' }

suite('bench', () => {
  let simulator: Simulator

  before(async () => {
    simulator = await startSimulator()
  })

  after(() => simulator.close())

  function arm(name: string, end?: string): Arm {
    const program = { url: simulator.url, pid: process.pid, ended: () => end, async [Symbol.asyncDispose]() {} }
    return { name, program, upstream: program, call: callTo(simulator.url, 'model', false) }
  }

  /** Plays a load that was as `load` says, and notes who had a turn. */
  function playing(load: Partial<Load>, turns: Call[] = []): Generator {
    return {
      name: 'played',
      async load(call) {
        turns.push(call)
        return { requests: 10, seconds: 1, p50: 1, p99: 2, failures: 0, ...load }
      },
    }
  }

  test('the median is the middle value, or the mean of the two in the middle', () => {
    assert.equal(median([3, 1, 2]), 2)
    assert.equal(median([4, 1, 3, 2]), 2.5)
    assert.equal(median([7]), 7)
    assert.ok(Number.isNaN(median([])))
  })

  test('CPU time and peak memory of a process are read from /proc', onLinux, () => {
    const { user, system } = process.cpuUsage()
    assert.ok(Math.abs(cpuTime(process.pid) - user - system) < 200_000)
    assert.ok(peakMemory(process.pid) >= process.memoryUsage.rss() / 2 ** 20 / 2)
  })

  test('request bodies are about 1 KB, and as long for every model', () => {
    for (const stream of [true, false]) {
      const lengths = ['chat', 'chat-translated'].map(model => callTo('http://h', model, stream).body.length)
      assert.deepEqual(lengths, [1024, 1024])
    }
  })

  test('a whole answer and a stream of fifty events pass verification', async () => {
    await verify('simulator', callTo(simulator.url, 'model', false), false)
    await verify('simulator', callTo(simulator.url, 'model', true), true)
  })

  test('an answer that is another than was asked for is refused by name', async () => {
    const call = callTo(simulator.url, 'model', false)
    await assert.rejects(verify('arm', { ...call, url: `${simulator.url}/nowhere` }, false), /^Error: arm answered 404/)
    await assert.rejects(
      verify('arm', { ...call, body: call.body.replace('"max_tokens":1024', '"max_tokens":3') }, false),
      /^Error: arm did not give the whole answer/,
    )
  })

  test('arms take turns, and each round begins with another one', onLinux, async () => {
    const turns: Call[] = []
    const arms = [arm('one'), arm('two')]
    await compare(arms, false, EFFORT, playing({}, turns))
    const names = turns.map(call => arms.find(({ call: own }) => own === call)?.name)
    const warmUp = ['one', 'two']
    assert.deepEqual(names, [...warmUp, 'one', 'two', 'two', 'one', 'one', 'two'])
  })

  test('figures are refused when an arm gave anything but 2xx', onLinux, async () => {
    await assert.rejects(compare([arm('one')], false, EFFORT, playing({ failures: 1 })), /one: 1 of its answers/)
    await assert.rejects(compare([arm('one')], false, EFFORT, playing({ requests: 0 })), /0 were counted; no figures/)
    const dead = arm('one', 'was ended by SIGKILL')
    await assert.rejects(compare([dead], false, EFFORT, playing({})), /one: the program was ended by SIGKILL/)
  })
})
