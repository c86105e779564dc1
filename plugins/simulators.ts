import fp from 'fastify-plugin'
import type { Config } from '../src/config/config.ts'
import type { Simulator } from '../src/sim/simulator.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Addresses of the providers of type `sim`, by name: real servers on loopback, in this process. */
    simulators: ReadonlyMap<string, string>
  }
}

/** Starts a simulated vendor for each provider of type `sim`. */
export default fp<{ config: Config }>(
  async (app, { config }) => {
    const settings = Object.entries(config.providers).filter(([, { type }]) => type === 'sim')
    const running = new Map<string, Simulator>()
    app.addHook('onClose', async () => {
      await Promise.all([...running.values()].map(simulator => simulator.close()))
    })
    if (settings.length > 0) {
      const { startSimulator } = await import('../src/sim/simulator.ts')
      for (const [name, { sim }] of settings) running.set(name, await startSimulator(sim as object))
    }
    app.decorate('simulators', new Map([...running].map(([name, { url }]) => [name, url])))
  },
  { name: 'simulators' },
)
