import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import type { Arm } from '../../../bench/scenarios/arms/arm.ts'
import { direct } from '../../../bench/scenarios/arms/direct.ts'
import { nginx } from '../../../bench/scenarios/arms/nginx.ts'
import { queue } from '../../../bench/scenarios/arms/queue.ts'
import { sluice } from '../../../bench/scenarios/arms/sluice.ts'
import { type Run, runArms } from '../../../bench/scenarios/run.ts'
import { scheduleCalls } from '../../../bench/scenarios/schedule.ts'
import { QUICK, type Script } from '../../../bench/scenarios/script.ts'

/**
 * A fine day, and a short one. Nobody is too late for an answer; vendors take all calls even where a busy machine makes them late and
 * at once, and there are too few for the gateway to say which of them is slow, and ask twice. Timers count whole milliseconds, at the
 * vendor as at the client, and may be one early.
 */
const TINY: Script = {
  ...QUICK,
  length: 200,
  limitBurst: 100,
  streams: 0.5,
  deadline: 100_000,
  streamLimit: 100_000,
  bursts: { after: 100, for: 50, every: 250 },
  burstFactor: 1,
  vendors: { gpt: { latency: 7 }, claude: { latency: 7 } },
}

suite('arms of the scenarios', { skip: process.platform !== 'linux' && 'reads /proc' }, () => {
  const arms = [direct, nginx, queue, sluice]
  let temporary: string
  let runs: readonly Run[]

  before(async () => {
    temporary = mkdtempSync(join(tmpdir(), 'sluice-test-'))
    const present = arms.filter(arm => arm.absent() === undefined)
    ;({ runs } = await runArms(TINY, 2, present, temporary))
  })

  after(() => rmSync(temporary, { recursive: true, force: true }))

  for (const arm of arms) {
    test(
      `${arm.name}: every call is answered, by one call to a vendor, and what it took is known`,
      skipAbsent(arm),
      () => {
        const run = runs.find(one => one.arm === arm.name)
        const planned = scheduleCalls(TINY)
        assert.deepEqual(
          run?.outcomes.map(({ at, failure }) => ({ at, failure })),
          planned.map(({ at }) => ({ at, failure: undefined })),
        )
        assert.ok(run.outcomes.every(({ latency }) => latency >= 5))
        assert.equal(run.upstreamCalls, planned.length)
        assert.ok(run.clients.memory > 0)
        assert.equal(run.between.memory > 0, arm !== direct)
      },
    )
  }

  function skipAbsent(arm: Arm): { skip: string | false } {
    return { skip: arm.absent() ?? false }
  }
})
