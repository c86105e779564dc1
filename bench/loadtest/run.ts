import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { freePort, startGateway, startScript } from '../processes.ts'
import { gatewayConfig } from './gateway-config.ts'
import { type Locust, startLocust } from './locust.ts'
import type { LocustResults } from './locust-results.ts'
import type { Plan } from './plan.ts'
import { type Sample, sample } from './sampler.ts'

const ROOT = resolve(import.meta.dirname, '../..')

/** The vendors: 300 to 500 ms to the first byte, then so many words a second. */
export const VENDORS = { latency: 300, jitter: 200, tokensPerSecond: 50 }

export interface Run {
  readonly results: LocustResults
  readonly samples: readonly Sample[]
}

/** Starts the vendors, the gateway and the users, each a process of its own, and stops them when the plan is through. */
export async function run(locust: Locust, plan: Plan, temporary: string): Promise<Run> {
  await using programs = new AsyncDisposableStack()
  const { latency, jitter, tokensPerSecond } = VENDORS
  const options = ['--latency', latency, '--jitter', jitter, '--tokens-per-second', tokensPerSecond].map(String)
  const simulator = programs.use(await startScript(join(ROOT, 'src/sim/main.ts'), options))
  const [port, opsPort] = [await freePort(), await freePort()]
  const config = join(temporary, 'sluice.yaml')
  writeFileSync(config, gatewayConfig({ port, opsPort, vendors: [simulator.url, simulator.url] }))
  const { gateway } = await startGateway({ root: ROOT, config, port, temporary })
  programs.use(gateway)
  const users = programs.use(startLocust(locust, plan, gateway.url, temporary))
  const pids = { gateway: gateway.pid, simulator: simulator.pid, locust: users.pid }
  const samples = sample({ pids, ops: `http://127.0.0.1:${opsPort}` }, users.results)
  const [results, taken] = await Promise.all([users.results, samples])
  return { results, samples: taken }
}
