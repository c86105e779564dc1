import fp from 'fastify-plugin'
import type { Config } from '../src/config/config.ts'
import { buildSnapshot, type Snapshot } from '../src/routing/reload/snapshot.ts'
import { Succession } from '../src/routing/reload/succession.ts'
import { RoutingState } from '../src/routing/routing-state.ts'

/** The configuration in force. A request keeps the snapshot that it began with. */
interface Live {
  readonly snapshot: Snapshot
  /**
   * Applies a config to requests from now on. Rejects, with nothing changed, where its providers cannot be created. One call at a
   * time.
   */
  apply(config: Config): Promise<void>
  /** Calls this after each change of the snapshot. */
  onChange(listener: () => void): void
  /** Calls this after the last request of a former snapshot, with the snapshots still in use. */
  onDrained(listener: (inUse: readonly Snapshot[]) => void): void
}

declare module 'fastify' {
  interface FastifyInstance {
    live: Live
    breakers: RoutingState
  }
}

/**
 * Builds the first snapshot, and one for each config that is applied. Connections are closed gracefully with the app. `share` is the
 * part of the providers' limits that this process may use.
 */
export default fp<{ config: Config; share: number }>(
  async (app, { config, share }) => {
    const { simulators } = app
    const state = new RoutingState(() => performance.now(), Math.random, share)
    const listeners: (() => void)[] = []
    const drainListeners: ((inUse: readonly Snapshot[]) => void)[] = []
    let applying = false
    const first = buildSnapshot(config, state, await simulators.start(config))
    const succession = new Succession(first, state, () => {
      stopUnused()
      for (const listener of drainListeners) listener(succession.living)
    })
    app.decorate('breakers', state)
    app.decorate('live', {
      get snapshot() {
        return succession.current
      },
      async apply(next) {
        applying = true
        try {
          const urls = await simulators.start(next)
          succession.replace(buildSnapshot(next, state, urls, succession.current))
        } finally {
          applying = false
          stopUnused()
        }
        for (const listener of listeners) listener()
      },
      onChange: listener => void listeners.push(listener),
      onDrained: listener => void drainListeners.push(listener),
    })
    app.addHook('onClose', async () => {
      state.shutdown()
      await succession.close()
    })

    /** Not while applying: simulators started for the next snapshot are in none yet. */
    function stopUnused(): void {
      if (applying) return
      const vendors = succession.living.flatMap(snapshot => [...snapshot.vendors.values()])
      void simulators.keep(new Set(vendors.map(({ origin }) => origin)))
    }
  },
  { name: 'live', dependencies: ['simulators'] },
)
