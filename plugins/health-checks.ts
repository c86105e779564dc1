import fp from 'fastify-plugin'
import type { Usage } from '../src/call/result.ts'
import { outcomeOf } from '../src/routing/health/health-check.ts'
import { type CheckedVendor, HealthChecks } from '../src/routing/health/health-checks.ts'
import type { Target, Vendor } from '../src/routing/target.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Checks the vendors of the snapshot that is in force, and nobody else; to be called when another one is. */
    checkHealth(): void
  }
}

/** Beside all requests: asks the vendors whose config wants it how they are. Routing reads the answer from `vendor.health`. */
export default fp(
  async app => {
    const { live, meters } = app
    const checks = new HealthChecks({
      now: () => performance.now(),
      random: Math.random,
      onChange: (vendor, illness) => {
        show(vendor)
        const { healthy } = vendor.health
        app.log.warn({ provider: vendor.name, healthy, ...(illness !== undefined && { illness }) }, 'health changed')
      },
      onKeyRefused: (vendor, key) => meters.keyRefused.inc({ provider: vendor.name, key: key.index }),
      onRefusal: ({ name }, { index }, refusal) =>
        app.log.warn({ provider: name, key: index, refusal }, 'health check refused'),
      onChecked: (vendor, finding) => {
        meters.healthChecks.inc({ provider: vendor.name, outcome: outcomeOf(finding) })
        if (vendor.asked !== undefined && finding?.usage !== undefined) count(vendor.asked, finding.usage)
      },
    })
    app.decorate('checkHealth', () => {
      const { vendors: all, asked } = live.snapshot
      const vendors = [...all.values()].filter(isChecked).map(vendor => ({ ...vendor, asked: asked.get(vendor.name) }))
      meters.targetHealth.clear()
      vendors.forEach(show)
      checks.watch(vendors)
    })
    live.onChange(() => app.checkHealth())
    app.addHook('onReady', async () => app.checkHealth())
    app.addHook('onClose', async () => checks.stop())

    function count({ vendor, model }: Target, { input, output, estimated = false }: Usage): void {
      const labels = { provider: vendor.name, model, estimated: String(estimated) }
      meters.healthCheckTokens.inc({ ...labels, type: 'input' }, input)
      meters.healthCheckTokens.inc({ ...labels, type: 'output' }, output)
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
