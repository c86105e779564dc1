import type { Config, ProviderConfig } from '../config/config.ts'
import type { Simulator } from './simulator.ts'

/** The simulated vendors of this process: one for each provider of type `sim`, with its settings. */
export class Simulators {
  readonly #running = new Map<string, Simulator>()

  /** Starts those that do not run yet; returns the addresses of all that the config has, by provider. */
  async start({ providers }: Pick<Config, 'providers'>): Promise<ReadonlyMap<string, string>> {
    const wanted = Object.entries(providers).filter(([, { type }]) => type === 'sim')
    const urls = new Map<string, string>()
    for (const [name, settings] of wanted) urls.set(name, (await this.#simulator(name, settings)).url)
    return urls
  }

  /** Stops all but those at these addresses. */
  async keep(urls: ReadonlySet<string>): Promise<void> {
    const idle = [...this.#running].filter(([, { url }]) => !urls.has(url))
    for (const [id] of idle) this.#running.delete(id)
    await Promise.all(idle.map(([, simulator]) => simulator.close()))
  }

  async #simulator(name: string, { sim }: ProviderConfig): Promise<Simulator> {
    const id = JSON.stringify([name, sim])
    const running = this.#running.get(id)
    if (running !== undefined) return running
    const { startSimulator } = await import('./simulator.ts')
    const simulator = await startSimulator(sim as object)
    this.#running.set(id, simulator)
    return simulator
  }
}
