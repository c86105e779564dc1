import type { TestContext } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { Usage } from '../../../src/call/result.ts'
import { Health, type HealthSettings } from '../../../src/routing/health/health.ts'
import { outcomeOf } from '../../../src/routing/health/health-check.ts'
import { type CheckedVendor, HealthChecks } from '../../../src/routing/health/health-checks.ts'
import { buildSnapshot } from '../../../src/routing/reload/snapshot.ts'
import { RoutingState } from '../../../src/routing/routing-state.ts'
import type { Target, Vendor } from '../../../src/routing/target.ts'
import { loadText } from '../../load-text.ts'
import { type Script, startUpstream, type Upstream } from '../../upstream.ts'

export const SETTINGS: HealthSettings = {
  interval: 10_000,
  timeout: 2_000,
  unhealthyAfter: 3,
  healthyAfter: 2,
  whenAllUnhealthy: 'use-all',
}

/** Says when the results of checks have come. */
class ToldHealth extends Health {
  #results = 0
  #waiting: { results: number; resolve(): void } | undefined

  override report(good: boolean): boolean {
    const changed = super.report(good)
    this.#results += 1
    if (this.#results === this.#waiting?.results) queueMicrotask(this.#waiting.resolve)
    return changed
  }

  /** Waits for so many in all. */
  told(results: number): Promise<void> {
    if (this.#results >= results) return Promise.resolve()
    return new Promise(resolve => {
      this.#waiting = { results, resolve }
    })
  }
}

/** One vendor under check, on a clock that the test moves; its interval begins in the middle. */
export class Bench {
  readonly checks: HealthChecks
  readonly vendor: CheckedVendor
  readonly #health = new ToldHealth(SETTINGS)
  readonly upstream: Upstream
  /** What was said of it, in order. */
  readonly said: string[] = []
  /** How the checks ended, in metrics' words. */
  readonly outcomes: string[] = []
  /** What they cost. */
  readonly billed: Usage[] = []
  /** Checks without a prompt that have begun: told at once, where the vendor hears of them a moment later. */
  begun = 0
  readonly #t: TestContext
  readonly #clock: Clock

  constructor(t: TestContext, vendor: Vendor, checkTarget: Target | undefined, upstream: Upstream, clock: Clock) {
    this.#t = t
    this.#clock = clock
    this.upstream = upstream
    const healthCheck = () => {
      this.begun += 1
      return vendor.provider.healthCheck()
    }
    this.vendor = { ...vendor, checkTarget, health: this.#health, provider: { ...vendor.provider, healthCheck } }
    this.checks = new HealthChecks({
      now: () => clock.now,
      random: () => 0.5,
      onChange: ({ health }, illness) => this.said.push(`${health.healthy ? 'well' : 'ill'} ${illness ?? ''}`.trim()),
      onKeyRefused: (_, { index }) => this.said.push(`key ${index} refused`),
      onRefusal: (_, { index }, refusal) => this.said.push(`key ${index}: ${refusal}`),
      onBilled: (_, usage) => this.billed.push(usage),
      onChecked: (_, finding) => this.outcomes.push(outcomeOf(finding)),
    })
    t.mock.timers.enable({ apis: ['setTimeout'] })
    this.checks.watch([this.vendor])
  }

  /** Time passes, and then as much as it takes until there are so many results in all. */
  async pass(ms: number, results: number): Promise<void> {
    this.#clock.now += ms
    this.#t.mock.timers.tick(ms)
    await this.#health.told(results)
    await turn()
  }
}

interface Clock {
  now: number
}

/** `members` are more of the provider's config, as YAML, each with a comma before it. */
export async function setUp(t: TestContext, script: Script, keys = '[k1]', members = ''): Promise<Bench> {
  const upstream = await startUpstream(script)
  const text = `providers: { v: { type: openai-compatible, baseUrl: "${upstream.url}", apiKeys: ${keys}${members} } }`
  const clock: Clock = { now: 0 }
  const { vendors, checkTargets } = buildSnapshot(
    await loadText(text, {}),
    new RoutingState(() => clock.now),
    new Map(),
  )
  const vendor = vendors.get('v') as Vendor
  const bench = new Bench(t, vendor, checkTargets.get('v'), upstream, clock)
  t.after(async () => {
    bench.checks.stop()
    await Promise.all([upstream.close(), vendor.pool.close()])
  })
  return bench
}
