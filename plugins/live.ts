import fp from 'fastify-plugin'
import type { Config } from '../src/config/config.ts'
import { Breakers } from '../src/routing/breakers.ts'
import { buildSnapshot, type Snapshot } from '../src/routing/snapshot.ts'

/** What is in force now. A request keeps the snapshot that it began with. */
export interface Live {
  snapshot: Snapshot
}

declare module 'fastify' {
  interface FastifyInstance {
    live: Live
    breakers: Breakers
  }
}

export interface LiveOptions {
  readonly config: Config
  /** Addresses of the simulated providers of this process, by name. */
  readonly simulators: ReadonlyMap<string, string>
}

/** Builds the first snapshot, and closes its connections, softly, when the app closes. */
export default fp<LiveOptions>(
  async (app, { config, simulators }) => {
    const breakers = new Breakers(() => performance.now())
    app.decorate('breakers', breakers)
    app.decorate('live', { snapshot: buildSnapshot(config, breakers, simulators) })
    app.addHook('onClose', async () => {
      breakers.shutdown()
      await Promise.all([...app.live.snapshot.vendors.values()].map(({ pool }) => pool.close()))
    })
  },
  { name: 'live' },
)
