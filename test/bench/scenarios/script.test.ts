import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { playIdeal } from '../../../bench/scenarios/capacity.ts'
import { scheduleCalls } from '../../../bench/scenarios/schedule.ts'
import { FULL, QUICK, troublesOf, vendorOptions } from '../../../bench/scenarios/script.ts'
import { isRunning } from '../../../src/sim/span.ts'

suite('script of the scenarios', () => {
  test('the same seed gives the same calls, another seed others', () => {
    assert.deepEqual(scheduleCalls(QUICK), scheduleCalls(QUICK))
    assert.notDeepEqual(scheduleCalls(QUICK), scheduleCalls({ ...QUICK, seed: 1 }))
  })

  test('there are 20,000 calls and more, in the order of time, in its length, streams among them as often as it says', () => {
    const calls = scheduleCalls(FULL)
    assert.ok(calls.length >= 20_000, `${calls.length} calls`)
    assert.ok(calls.every(({ index }, position) => index === position))
    assert.ok(calls.every(({ at }, position) => at >= (calls[position - 1]?.at ?? 0) && at < FULL.length))
    const streams = calls.filter(({ stream }) => stream).length / calls.length
    assert.ok(Math.abs(streams - FULL.streams) < 0.02, `${streams} of them streams`)
  })

  test('a burst comes at three times the limit of a vendor', () => {
    const { bursts, limit } = FULL
    const count = Math.ceil((FULL.length - bursts.after) / (bursts.every ?? Infinity))
    const rate = scheduleCalls(FULL).filter(({ at }) => isRunning(bursts, at)).length / ((count * bursts.for) / 1000)
    assert.ok(Math.abs(rate / limit - 3) < 0.2, `${rate} a second`)
  })

  test('two vendors can carry the load in time, and what is lost on one is lost in the outage', () => {
    assert.deepEqual([playIdeal(FULL, 2).lost, playIdeal(QUICK, 2).lost], [0, 0])
    assert.ok(playIdeal(FULL, 2).longestWait < 3000)
    const outage = troublesOf(FULL).find(({ name }) => name === 'outage')
    const calls = scheduleCalls(FULL).filter(({ at }) => outage && at >= outage.after && at < outage.after + outage.for)
    const { lost } = playIdeal(FULL, 1)
    assert.ok(lost > 0 && lost < calls.length, `${lost} of ${calls.length}`)
    assert.equal(playIdeal({ ...FULL, vendors: { gpt: {}, claude: {} } }, 1).lost, 0)
  })

  test('a single vendor has every trouble, two have those of their own, and each has its limit and its seed', () => {
    const [single] = vendorOptions(FULL, 1)
    assert.deepEqual(
      [single?.outages, single?.brownOuts, single?.drips],
      [FULL.vendors.gpt.outages, FULL.vendors.claude.brownOuts, FULL.vendors.claude.drips],
    )
    const [gpt, claude] = vendorOptions(FULL, 2)
    assert.deepEqual([gpt?.brownOuts, claude?.outages], [undefined, undefined])
    assert.deepEqual([gpt?.requestsPerSecond, claude?.requestsPerSecond], [FULL.limit, FULL.limit])
    assert.notEqual(gpt?.seed, claude?.seed)
  })

  test('an outage that changes its manner is one, of twenty seconds; troubles do not overlap', () => {
    const troubles = troublesOf(FULL)
    assert.deepEqual(
      troubles.map(({ name }) => name),
      ['outage', 'brown-out', 'drip'],
    )
    assert.equal(troubles[0]?.for, 20_000)
    assert.ok(troubles.every(({ after }, index) => after >= (troubles[index - 1]?.for ?? 0)))
  })
})
