import type { Gateway } from './helper.ts'

/** Has checks that are billed come every 10 ms until the next reload; no file may ask for that. */
export async function hastenChecks({ app }: Gateway): Promise<void> {
  const { live } = app.api
  const { config } = live.snapshot
  const providers = Object.entries(config.providers).map(([name, provider]) => {
    const { health } = provider
    return [name, health?.ask === undefined ? provider : { ...provider, health: { ...health, interval: 10 } }] as const
  })
  await live.apply({ ...config, providers: Object.fromEntries(providers) })
}
