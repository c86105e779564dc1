import { on } from 'node:events'
import closeWithGrace from 'close-with-grace'
import { type App, buildApp, closeApp } from './app.ts'
import { reviveConfig } from './config/assemble.ts'
import type { Config } from './config/config.ts'
import { BACKLOG, CLOSING_MARGIN } from './listener.ts'
import { createLogger } from './logger.ts'
import type { Listening, Order, Report, Start } from './workers/messages.ts'

/** They reach a terminal's whole group at once: a worker must not take its own and the primary's order for two. */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM'] as const

/** A worker: does what its primary tells it, one order after the other, and ends with it (node:cluster sees to that). */
export async function serveAsWorker(): Promise<void> {
  const server = new WorkerServer()
  for (const signal of STOP_SIGNALS) process.on(signal, () => server.stop())
  // The primary gets it as well, and reads the configuration for all.
  process.on('SIGHUP', () => {})
  for await (const [order] of on(process, 'message') as AsyncIterable<[Order]>) {
    try {
      await obey(server, order)
    } catch (error) {
      const { message, code, port } = error as NodeJS.ErrnoException & { port?: number }
      report({ type: 'failed', message, ...(code !== undefined && { code }), ...(port !== undefined && { port }) })
    }
  }
}

async function obey(server: WorkerServer, order: Order): Promise<void> {
  if (order.type === 'start') {
    await server.start(order)
    report({ type: 'built' })
  } else if (order.type === 'listen') report({ type: 'listening', ...(await server.listen()) })
  else if (order.type === 'apply') {
    const refused = await server.apply(order.config)
    report({ type: 'applied', id: order.id, ...(refused !== undefined && { refused }) })
  } else if (order.type === 'ping') report({ type: 'pong' })
  else server.stop()
}

function report(message: Report): void {
  process.send?.(message)
}

/** The gateway of one worker: the app that a single process has, with its share of the limits and an ops listener for the primary alone. */
class WorkerServer {
  #app: App | undefined
  #config: Config | undefined
  #stopping = false
  #grace: ReturnType<typeof closeWithGrace> | undefined

  async start({ config: sent, share, opsKey }: Start): Promise<void> {
    const config = reviveConfig(sent)
    const log = createLogger(config.log.level, { amongOthers: true })
    const ops = { ...config.ops, key: opsKey }
    const app = await buildApp({ config: { ...config, ops }, share, forPrimary: true, ...log })
    const delay = config.listen.drain + CLOSING_MARGIN
    this.#grace = closeWithGrace({ delay, skip: ['SIGHUP', ...STOP_SIGNALS] }, async ({ err }) => {
      this.#stopping = true
      if (err) app.api.log.error({ err }, 'stopping after an error')
      await closeApp(app)
    })
    this.#app = app
    this.#config = config
  }

  async listen(): Promise<Listening> {
    const { api, ops } = this.#built
    const { listen } = this.#built.config
    const opsUrl = await ops.listen({
      host: '127.0.0.1',
      port: 0,
      // The cluster would have all workers share it.
      exclusive: true,
      listenTextResolver: () => 'listening to the primary',
    })
    const apiUrl = await api.listen({
      host: listen.host,
      port: listen.port,
      backlog: BACKLOG,
      listenTextResolver: () => 'listening',
    })
    return { apiUrl, opsUrl, models: api.live.snapshot.planner.names }
  }

  /** The reason why the config cannot be put in force, where it cannot. */
  async apply(config: Config): Promise<string | undefined> {
    try {
      await this.#built.api.live.apply(reviveConfig(config))
      return undefined
    } catch (error) {
      return (error as Error).message
    }
  }

  /** Ends the process once what is under way has ended. */
  stop(): void {
    if (this.#grace === undefined) process.exit(0)
    if (this.#stopping) return
    this.#stopping = true
    this.#grace.close()
  }

  get #built(): App & { config: Config } {
    if (this.#app === undefined || this.#config === undefined)
      throw new Error('a worker was told to serve before it was built')
    return { ...this.#app, config: this.#config }
  }
}
