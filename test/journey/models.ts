import type { TestContext } from 'node:test'
import type { Script } from '../upstream.ts'
import { type Bench, type BenchOptions, setUp } from './setup.ts'

/** A model with these vendors (`ab` for two) as its targets, in this order. */
export function model(vendors: string, members: object = {}): object {
  return { strategy: 'priority', targets: [...vendors].map(provider => ({ provider, model: 'm' })), ...members }
}

/** As `setUp`, with these models in the place of the one. */
export function withModels(
  t: TestContext,
  scripts: readonly Script[],
  models: object,
  options: BenchOptions = {},
): Promise<Bench> {
  return setUp(t, scripts, { ...options, config: { models, ...options.config } })
}

/** How many requests each vendor has seen. */
export function timesAsked({ upstreams }: Bench): number[] {
  return upstreams.map(({ requests }) => requests.length)
}
