import { readFileSync } from 'node:fs'
import type { Config } from '../config/config.ts'
import { fileOf, openSource } from '../config/open.ts'
import { ConfigError, showProblem } from '../config/problem.ts'
import { buildSnapshot } from '../routing/reload/snapshot.ts'
import { RoutingState } from '../routing/routing-state.ts'
import { Simulators } from '../sim/simulators.ts'
import { type Answer, type Finding, ok, problem, showFinding, warning } from './finding.ts'
import { checkListeners } from './listeners.ts'
import { checkClock, checkDescriptors, checkNode } from './machine.ts'
import { checkSharedState } from './shared-state.ts'
import { checkVendor } from './vendors.ts'

const CODES = { ok: 0, warning: 1, problem: 2 }

/** A line for each check, and the exit code: 0 when all is well, 1 when something may not be, 2 when something is not. */
export interface Diagnosis {
  readonly text: string
  readonly code: number
}

/**
 * `sluice doctor FILE`: looks at everything that a gateway with this configuration would need, from where it would run. Starts
 * no gateway and sends no prompt. Throws for parameters that make no sense.
 */
export async function doctor(parameters: string[]): Promise<Diagnosis> {
  const { config, findings } = await checkConfig(fileOf(parameters))
  const all = [checkNode(process.versions.node), checkDescriptors(readLimits()), ...findings]
  if (config !== undefined) all.push(...(await checkListeners(config)), ...(await checkOthers(config)))
  return {
    text: all.map(finding => `${showFinding(finding)}\n`).join(''),
    code: Math.max(...all.map(({ verdict }) => CODES[verdict])),
  }
}

async function checkConfig(file: string | undefined): Promise<{ config?: Config; findings: Finding[] }> {
  const warnings: Finding[] = []
  const { source } = await openSource({ file, onWarning: words => warnings.push(warning('config', words)) })
  try {
    const config = source.load()
    return { config, findings: [ok('config', 'valid'), ...warnings] }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return { findings: error.problems.map(one => problem('config', showProblem(one))) }
  }
}

function readLimits(): string | undefined {
  try {
    return readFileSync('/proc/self/limits', 'utf8')
  } catch {
    return undefined
  }
}

/** The vendors and Redis, and our clock beside theirs. */
async function checkOthers(config: Config): Promise<Finding[]> {
  const { redis, ...state } = config.state
  const answers = await askVendors(config)
  if (redis !== undefined) answers.push(await checkSharedState(redis, state))
  return [...answers.map(({ finding }) => finding), checkClock(answers.flatMap(({ skew }) => skew ?? []))]
}

/** Asks as the gateway would: with its connections, its TLS and its keys. */
async function askVendors(config: Config): Promise<Answer[]> {
  const simulators = new Simulators()
  const state = new RoutingState(() => performance.now())
  const simulated = await simulators.start(config)
  const vendors = [...buildSnapshot(config, state, simulated).vendors.values()]
  try {
    const answers = vendors.map(async vendor => {
      const ofKeys = await checkVendor(vendor)
      // The clock of a simulator is our own.
      return simulated.has(vendor.name) ? ofKeys.map(({ finding }) => ({ finding, skew: undefined })) : ofKeys
    })
    return (await Promise.all(answers)).flat()
  } finally {
    state.shutdown()
    await Promise.all(vendors.map(({ pool }) => pool.close()))
    await simulators.keep(new Set())
  }
}
