import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { freePort, startGateway, startScript } from '../processes.ts'
import type { Caller } from './caller.ts'
import { percentile } from './figures.ts'
import { gatewayConfig, MODEL } from './gateway-config.ts'
import { createHttpCaller } from './http-caller.ts'

const ROOT = resolve(import.meta.dirname, '../..')

/** Median latencies (ms) of calls that have the machine to themselves, to a vendor that answers at once. */
export interface Idle {
  readonly direct: number
  readonly sluice: number
  /** What Sluice adds. */
  readonly added: number
}

/** Makes so many calls each way, one at a time and by turns; as many before them do not count. */
export async function measureIdle(calls: number, temporary: string): Promise<Idle> {
  await using programs = new AsyncDisposableStack()
  const vendor = programs.use(await startScript(join(ROOT, 'src/sim/main.ts'), []))
  const port = await freePort()
  const config = join(temporary, `idle-${port}.yaml`)
  writeFileSync(config, gatewayConfig({ port, vendors: [vendor.url] }))
  const { gateway } = await startGateway({ root: ROOT, config, port, temporary })
  const { url } = programs.use(gateway)
  const ways = [createHttpCaller(vendor.url, 'gpt'), createHttpCaller(url, MODEL)]
  await takeTurns(ways, calls)
  const [direct = Number.NaN, sluice = Number.NaN] = (await takeTurns(ways, calls)).map(times => percentile(times, 0.5))
  return { direct, sluice, added: sluice - direct }
}

async function takeTurns(ways: readonly Caller[], calls: number): Promise<number[][]> {
  const times: number[][] = ways.map(() => [])
  const never = new AbortController().signal
  for (let index = 0; index < calls; index += 1) {
    for (const [way, call] of ways.entries()) {
      const began = performance.now()
      await call({ index, at: 0, stream: false }, never, () => {})
      times[way]?.push(performance.now() - began)
    }
  }
  return times
}
