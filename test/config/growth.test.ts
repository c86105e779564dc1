import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { parse } from 'yaml'
import type { Config } from '../../src/config/config.ts'
import { checkTree, readConfig } from '../../src/config/load.ts'
import { createReport } from '../../src/config/report.ts'
import { providerTypes } from '../../src/providers/index.ts'
import { buildSnapshot } from '../../src/routing/reload/snapshot.ts'
import { RoutingState } from '../../src/routing/routing-state.ts'
import { loadText } from '../load-text.ts'
import { timeSaysNothing } from '../timing.ts'
import { largeConfig, largeText } from './large.ts'

const SMALL = 100
const LARGE = 400
/** What grows with the config is four times as much for the large one; with its square, sixteen times. */
const MOST = 6
/** Of the processor time for all steps, the longest one; the whole in one step would be 1. */
const MOST_IN_A_STEP = 0.6
const ROUNDS = 5

/** How many members of a tree `act` looks at, one seen twice counting twice. */
function looksOf<T extends object>(tree: T, act: (tree: T) => void): number {
  let looks = 0
  const watched = <V>(value: V): V => {
    if (typeof value !== 'object' || value === null) return value
    return new Proxy(value, {
      get(target, key, receiver) {
        looks += 1
        return watched(Reflect.get(target, key, receiver) as unknown)
      },
      ownKeys(target) {
        const keys = Reflect.ownKeys(target)
        looks += keys.length
        return keys
      },
    })
  }
  act(watched(tree))
  return looks
}

function checksOf(models: number): number {
  return looksOf(largeConfig(models), tree => {
    const report = createReport(undefined, new Map())
    checkTree(tree, providerTypes, '/', report)
    if (report.problems.length > 0) throw new Error(report.problems[0]?.message)
  })
}

/** Building the snapshot that follows one with as many `provider/model` names that had been asked for. */
async function buildingOf(models: number): Promise<number> {
  const config: Config = structuredClone(await loadText(largeText(models), {}))
  const state = new RoutingState(() => 0)
  const before = buildSnapshot(config, state, new Map())
  for (let index = 0; index < models; index += 1) before.planner.route(`vendor-0/asked-${index}`, () => true)
  return looksOf(config, watched => void buildSnapshot(watched, state, new Map(), before))
}

/** Processor time of each step of reading, ms. */
function stepsOf(t: TestContext): number[] {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-growth-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const file = join(directory, 'sluice.yaml')
  writeFileSync(file, largeText(LARGE))
  const steps = readConfig({ file, environment: {}, knownProviders: providerTypes, variables: {}, directory })
  const times: number[] = []
  for (;;) {
    const before = process.threadCpuUsage()
    const { done } = steps.next()
    const { user, system } = process.threadCpuUsage(before)
    times.push((user + system) / 1000)
    if (done) return times
  }
}

test('what the checks look at grows with the config, not with its square', (t: TestContext) => {
  const [small, large] = [checksOf(SMALL), checksOf(LARGE)]
  t.assert.ok(small > SMALL)
  t.assert.ok(large < MOST * small, `${large} after ${small}`)
})

test('so does what a snapshot is built from', async (t: TestContext) => {
  const [small, large] = [await buildingOf(SMALL), await buildingOf(LARGE)]
  t.assert.ok(small > SMALL)
  t.assert.ok(large < MOST * small, `${large} after ${small}`)
})

test('no step takes the better part of the time', { skip: timeSaysNothing }, (t: TestContext) => {
  const shares = Array.from({ length: ROUNDS }, () => {
    const times = stepsOf(t)
    return Math.max(...times) / times.reduce((sum, time) => sum + time, 0)
  })
  t.diagnostic(`the longest step: ${shares.map(share => share.toFixed(2)).join(', ')}`)
  t.assert.ok(Math.min(...shares) < MOST_IN_A_STEP)
})

test('ladders that meet again and again are gone down once: models have more ways down than there is time', async (t: TestContext) => {
  const names = Array.from({ length: 60 }, (_, index) => `chat-${index}`)
  const targets = [{ provider: 'v', model: 'm' }]
  const models = names.map((name, index) => [name, { targets, degradeTo: names.slice(index + 1) }])
  const providers = { v: { type: 'openai-compatible', baseUrl: 'https://vendor.example/v1' } }
  const config = { providers, models: Object.fromEntries(models) }
  const { routes } = buildSnapshot(await loadText(JSON.stringify(config), {}), new RoutingState(() => 0), new Map())
  t.assert.deepEqual(routes.get('chat-0')?.standby?.models.down, names.slice(1))
})

test('the text of a large config is that of the object', (t: TestContext) => {
  t.assert.deepEqual(parse(largeText(20)), largeConfig(20))
})
