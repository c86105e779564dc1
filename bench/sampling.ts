import { join } from 'node:path'
import { callTo } from './calls.ts'
import { MODELS, prepareGateway } from './gateway.ts'
import type { Generator } from './load.ts'
import { type Arm, compare, type Effort } from './measure.ts'
import { startGateway, startScript } from './processes.ts'
import type { Section } from './report.ts'

/** Many short rounds: what is looked for is smaller than what neighbours change from one minute to the next. */
const FULL: Effort = { warmUp: 50_000, rounds: 31, seconds: 2 }
const QUICK: Effort = { warmUp: 1_000, rounds: 3, seconds: 1 }

/**
 * What sampling the heap costs: the gateway with and without it, side by side, on whole answers of the pass lane. There are two of
 * either kind, since two processes that do the same differ as well: by as much as the second of a kind differs from the first,
 * a difference says nothing.
 */
export async function measureSampling(
  root: string,
  quick: boolean,
  generator: Generator,
  temporary: string,
): Promise<Section> {
  await using programs = new AsyncDisposableStack()
  const upstream = programs.use(await startScript(join(root, 'src/sim/main.ts'), []))
  const arms: Arm[] = []
  for (const name of ['not sampled', 'sampled', 'not sampled, again', 'sampled, again']) {
    const start = await prepareGateway(root, upstream.url, temporary, name.startsWith('sampled'))
    const { gateway } = await startGateway(start)
    programs.use(gateway)
    arms.push({ name, program: gateway, upstream, call: callTo(gateway.url, MODELS.pass, false) })
  }
  const effort = quick ? QUICK : FULL
  return { title: 'Sampling the heap', effort, rows: await compare(arms, false, effort, generator) }
}
