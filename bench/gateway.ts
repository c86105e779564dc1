import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, type GatewayStart } from './processes.ts'

/** The names under `models`; each lane is a route of its own. */
export const MODELS = { pass: 'chat', translate: 'chat-translated' } as const

export const CALLER_KEY = 'sk-sluice-bench-0123456789abcdef0123456789abcdef'

/** Writes a config in which every stage has something to do; returns how to start the gateway of a checkout with it. */
export async function prepareGateway(root: string, upstream: string, temporary: string): Promise<GatewayStart> {
  const port = await freePort()
  const config = join(temporary, `sluice-${port}.yaml`)
  writeFileSync(config, configText(upstream, port))
  return { root, config, port, temporary }
}

/** Two providers behind the weighted route, a caller with a limit that is checked and never reached, breakers and log as they come. */
function configText(upstream: string, port: number): string {
  return `
listen: { port: ${port} }
ops: { port: 0 }
log: { level: info }
providers:
  vendor-a: { type: openai-compatible, baseUrl: "${upstream}/v1", apiKey: sk-vendor-a }
  vendor-b: { type: openai-compatible, baseUrl: "${upstream}/v1", apiKey: sk-vendor-b }
  vendor-c: { type: anthropic, baseUrl: "${upstream}", apiKey: sk-vendor-c }
models:
  ${MODELS.pass}:
    targets:
      - { provider: vendor-a, model: bench-large, weight: 3 }
      - { provider: vendor-b, model: bench-large, weight: 1 }
  ${MODELS.translate}:
    targets:
      - { provider: vendor-c, model: bench-large }
keys:
  - name: bench
    key: ${CALLER_KEY}
    models: ["chat*"]
    limits: { requestsPerMinute: 1000000000 }
`
}
