import { Agent } from 'undici'

interface PoolSettings {
  /** Sockets for each origin, opened when they are first needed. */
  readonly connections: number
  /** Until a connection stands, TLS included; ms. */
  readonly connectTimeout: number
}

/** undici closes an idle socket this long after its last answer, unless the vendor announces less (ms). */
const KEEP_ALIVE_MS = 30_000

/** The sockets to one provider: TLS verified (undici's own default, which handing reply-from no agent would lose). */
export class Pool {
  readonly agent: Agent
  /**
   * A connection has just been opened, in this very turn: a request that starts now is the first on it, since undici writes
   * the one for which it connected before anything else runs.
   */
  connecting = false
  /** Calls that have one of the connections, or wait for one. */
  calls = 0
  readonly #settings: PoolSettings

  constructor(settings: PoolSettings) {
    this.#settings = settings
    this.agent = new Agent({
      connections: settings.connections,
      pipelining: 1,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connect: { timeout: settings.connectTimeout },
      allowH2: false,
      // Our own deadlines watch every call; undici's 300 s defaults would cut long answers.
      headersTimeout: 0,
      bodyTimeout: 0,
    })
    this.agent.on('connect', () => {
      this.connecting = true
      queueMicrotask(() => {
        this.connecting = false
      })
    })
  }

  /** All connections are in use: a new call waits for one. */
  get full(): boolean {
    return this.calls >= this.#settings.connections
  }

  /** Whether a pool with these settings would open the same connections. */
  opensLike({ connections, connectTimeout }: PoolSettings): boolean {
    return this.#settings.connections === connections && this.#settings.connectTimeout === connectTimeout
  }

  /** Lets running calls end, then closes the sockets. Never cuts. */
  close(): Promise<void> {
    return this.agent.close()
  }
}
