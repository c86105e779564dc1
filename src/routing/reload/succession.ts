import type { Pool } from '../../upstream/pool.ts'
import type { RoutingState } from '../routing-state.ts'
import { stateIds } from './inherit.ts'
import type { Snapshot } from './snapshot.ts'

/**
 * The snapshot in force, and former ones that still have requests. Connections and simulators that only a former snapshot uses are
 * closed after its last request, which may have attempts yet to make.
 */
export class Succession {
  #current: Snapshot
  readonly #state: RoutingState
  readonly #former = new Set<Snapshot>()
  readonly #onDrained: () => void
  readonly #closing = new Set<Promise<void>>()

  /** `onDrained` is called after the last request of a former snapshot. */
  constructor(first: Snapshot, state: RoutingState, onDrained: () => void) {
    this.#current = first
    this.#state = state
    this.#onDrained = onDrained
  }

  get current(): Snapshot {
    return this.#current
  }

  /** The snapshots that have requests, or can get new ones. */
  get living(): readonly Snapshot[] {
    return [this.#current, ...this.#former]
  }

  /** Puts `next` in force. Drops the state of targets that it does not have. */
  replace(next: Snapshot): void {
    const former = this.#current
    this.#current = next
    former.planner.retire()
    this.#state.retain(stateIds(next))
    this.#former.add(former)
    former.requests.whenDrained(() => this.#end(former))
  }

  /** Closes all connections once their calls have ended. */
  async close(): Promise<void> {
    const pools = new Set(this.living.flatMap(poolsOf))
    await Promise.all([...this.#closing, ...[...pools].map(pool => pool.close())])
  }

  #end(former: Snapshot): void {
    this.#former.delete(former)
    const used = new Set(this.living.flatMap(poolsOf))
    for (const pool of poolsOf(former)) if (!used.has(pool)) this.#close(pool)
    this.#onDrained()
  }

  #close(pool: Pool): void {
    const closed = pool.close().finally(() => this.#closing.delete(closed))
    this.#closing.add(closed)
  }
}

function poolsOf({ vendors }: Snapshot): Pool[] {
  return [...vendors.values()].map(({ pool }) => pool)
}
