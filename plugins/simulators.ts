import fp from 'fastify-plugin'
import { Simulators } from '../src/sim/simulators.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The providers of type `sim`: real servers on loopback, in this process. */
    simulators: Simulators
  }
}

/** Holds the simulated vendors, which the live config starts and stops. */
export default fp(
  async app => {
    const simulators = new Simulators()
    app.decorate('simulators', simulators)
    app.addHook('onClose', () => simulators.keep(new Set()))
  },
  { name: 'simulators' },
)
