import fp from 'fastify-plugin'
import { frequentPrompts } from '../src/config/billed-checks.ts'
import type { FastScalar } from '../src/meter/fast-scalar.ts'
import type { Labels } from '../src/meter/labels.ts'
import { OTHER_MODELS } from '../src/routing/create-target.ts'
import { outcomeOf } from '../src/routing/health/health-check.ts'
import { type CheckedVendor, HealthChecks } from '../src/routing/health/health-checks.ts'
import { isInUse } from '../src/routing/reload/in-use.ts'
import type { Vendor } from '../src/routing/target.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Checks the vendors of the snapshot in force and no others; called after each change of it. */
    checkHealth(): void
  }
}

/** Active health checks, beside all requests. Routing reads their results from `vendor.health`. */
export default fp(
  async app => {
    const { live, meters } = app
    const checks = new HealthChecks({
      now: () => performance.now(),
      random: Math.random,
      onChange: (vendor, illness) => {
        show(vendor)
        const { healthy } = vendor.health
        app.log.warn({ provider: vendor.name, healthy, illness }, 'health changed')
      },
      onKeyRefused: (vendor, key) => count(meters.keyRefused, { provider: vendor.name, key: key.index }),
      onRefusal: ({ name }, { index }, refusal) =>
        app.log.warn({ provider: name, key: index, refusal }, 'health check refused'),
      onBilled: ({ vendor, model }, { input, output, estimated = false }) => {
        const named = { provider: vendor.name, model }
        // A reload may have removed the model while it was checked.
        const known = isInUse(named, [live.snapshot]) ? named : { ...named, model: OTHER_MODELS }
        const labels = { ...known, estimated: String(estimated) }
        count(meters.healthCheckTokens, { ...labels, type: 'input' }, input)
        count(meters.healthCheckTokens, { ...labels, type: 'output' }, output)
      },
      onChecked: (vendor, finding) =>
        count(meters.healthChecks, { provider: vendor.name, outcome: outcomeOf(finding) }),
    })
    app.decorate('checkHealth', () => {
      const { vendors: all, checkTargets } = live.snapshot
      const vendors = [...all.values()]
        .filter(isChecked)
        .map(vendor => ({ ...vendor, checkTarget: checkTargets.get(vendor.name) }))
      meters.targetHealth.clear()
      vendors.forEach(show)
      vendors.forEach(warnOfPrompts)
      checks.watch(vendors)
    })
    live.onChange(() => app.checkHealth())
    app.addHook('onReady', async () => app.checkHealth())
    app.addHook('onClose', async () => checks.stop())

    /** Not for what a reload removed during the check: its time series are gone and would come back. */
    function count(counter: FastScalar, labels: Labels, amount = 1): void {
      if (isInUse(labels, [live.snapshot])) counter.inc(labels, amount)
    }

    function warnOfPrompts({ name, health, checkTarget }: CheckedVendor): void {
      const promptsPerDay = checkTarget && frequentPrompts(health.settings.interval)
      if (promptsPerDay === undefined) return
      app.log.warn(
        { provider: name, model: checkTarget?.model, promptsPerDay },
        'health checks of this process are many prompts',
      )
    }

    function show({ name, health }: CheckedVendor): void {
      for (const { vendor, model, configured } of live.snapshot.planner.targets) {
        if (configured && vendor.name === name)
          meters.targetHealth.set({ provider: name, model }, health.healthy ? 1 : 0)
      }
    }
  },
  { name: 'health-checks', dependencies: ['live', 'meter'] },
)

function isChecked(vendor: Vendor): vendor is CheckedVendor {
  return vendor.health !== undefined
}
