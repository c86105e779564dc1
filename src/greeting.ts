import type { Config } from './config/config.ts'

interface GreetingParts {
  readonly apiUrl: string
  readonly opsUrl: string
  readonly config: Config
  readonly models: readonly string[]
}

/** What a person reads first: where to call, what can be called, and one line to paste that streams. */
export function greeting({ apiUrl, opsUrl, config, models }: GreetingParts): string {
  const model = models.find(name => name.startsWith('sim/')) ?? models[0] ?? 'PROVIDER/MODEL'
  const key = config.keys.length === 0 ? '' : ' -H "authorization: Bearer $SLUICE_KEY"'
  const body = JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: 'Hello!' }] })
  return `
Sluice is ready.

  API      ${apiUrl}
  metrics  ${opsUrl}/metrics
  models   ${models.join(', ')}${others(config)}

Try it:

  curl -N ${apiUrl}/v1/chat/completions${key} -H 'content-type: application/json' -d '${body}'

`
}

function others(config: Config): string {
  const names = Object.keys(config.providers).filter(name => config.providers[name]?.type !== 'sim')
  return names.length === 0 ? '' : `; and ${names.map(name => `${name}/MODEL`).join(', ')}`
}
