import { join } from 'node:path'
import { callTo } from './calls.ts'
import { MODELS, prepareGateway } from './gateway.ts'
import type { Generator } from './load.ts'
import { type Arm, compare, type Effort } from './measure.ts'
import { type Running, ready, START_LIMIT, startScript } from './processes.ts'
import type { Section } from './report.ts'
import { startChild } from './scenarios/child.ts'

/** Many short rounds: what is looked for is smaller than what neighbours change from one minute to the next. */
const FULL: Effort = { warmUp: 50_000, rounds: 31, seconds: 2 }
const QUICK: Effort = { warmUp: 1_000, rounds: 3, seconds: 1 }

/**
 * What sampling the heap costs a gateway, on whole answers of the pass lane: by turns it samples and does not, in one process,
 * since two that do the same differ by more. It rests twice in each round: by as much as one rest differs from the
 * other, a difference says nothing.
 */
export async function measureSampling(
  root: string,
  quick: boolean,
  generator: Generator,
  temporary: string,
): Promise<Section> {
  await using programs = new AsyncDisposableStack()
  const upstream = programs.use(await startScript(join(root, 'src/sim/main.ts'), []))
  const { config, port } = await prepareGateway(root, upstream.url, temporary)
  const child = programs.use(
    startChild(join(root, 'src/server.ts'), {
      args: ['--config', config],
      nodeOptions: ['--import', join(import.meta.dirname, 'sampling-probe.ts')],
      environment: { PATH: process.env.PATH, TMPDIR: temporary },
    }),
  )
  const url = `http://127.0.0.1:${port}`
  await ready(url, performance.now() + START_LIMIT)
  const program: Running = { ...child, url, ended: () => undefined }
  const arm = (name: string, order: 'sample' | 'rest'): Arm => {
    return { name, program, upstream, call: callTo(url, MODELS.pass, false), prepare: () => child.ask(order) }
  }
  const arms = [arm('not sampled', 'rest'), arm('sampled', 'sample'), arm('not sampled, again', 'rest')]
  const effort = quick ? QUICK : FULL
  return { title: 'Sampling the heap', effort, rows: await compare(arms, false, effort, generator) }
}
