import type { Config } from './config/config.ts'

interface GreetingParts {
  readonly apiUrl: string
  readonly opsUrl: string
  readonly config: Config
  readonly models: readonly string[]
}

/** Writes the greeting. Where standard output takes nothing, as on a full disk, the gateway serves all the same. */
export function greet(parts: GreetingParts): void {
  process.stdout.on('error', () => {})
  process.stdout.write(greeting(parts))
}

/** What a person reads first: where to call, what can be called, and one line to paste that streams. */
function greeting({ apiUrl, opsUrl, config, models }: GreetingParts): string {
  const model = models.find(name => name.startsWith('sim/')) ?? models[0] ?? 'PROVIDER/MODEL'
  const key = config.keys.length === 0 ? '' : ' -H "authorization: Bearer $SLUICE_KEY"'
  const body = JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: 'Hello!' }] })
  return `
Sluice is ready.

  API      ${apiUrl}
  metrics  ${opsUrl}/metrics
  models   ${callable(models, config)}

Try it:

  curl -N ${apiUrl}/v1/chat/completions${key} -H 'content-type: application/json' -d '${body}'

`
}

function callable(models: readonly string[], config: Config): string {
  const others = Object.keys(config.providers)
    .filter(name => config.providers[name]?.type !== 'sim')
    .map(name => `${name}/MODEL`)
  return [models, others]
    .filter(names => names.length > 0)
    .map(names => names.join(', '))
    .join('; and ')
}
