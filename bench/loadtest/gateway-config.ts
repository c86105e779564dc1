import { stringify } from 'yaml'

export const MODEL = 'chat'

export const CALLER_KEY = 'sk-sluice-loadtest-0123456789abcdef0123456789abcdef'

export interface GatewaySetting {
  readonly port: number
  readonly opsPort: number
  /** Addresses of a vendor that speaks OpenAI's dialect, and of one that speaks Anthropic's. */
  readonly vendors: readonly [openai: string, anthropic: string]
}

/**
 * A configuration, as YAML, in which every stage has something to do: limits of the caller and of the vendors that are checked
 * on each call and not reached, breakers, health checks, metrics and a log line for each call. Either vendor may
 * get a call of either dialect, so that some answers pass as they are and others are translated.
 */
export function gatewayConfig({ port, opsPort, vendors: [openai, anthropic] }: GatewaySetting): string {
  const vendor = {
    connections: 1024,
    limits: { requestsPerMinute: 1_000_000, tokensPerMinute: 1_000_000_000, concurrency: 5000 },
    breaker: { window: '30s', minimumCalls: 10, errorRate: 0.5, openFor: '15s' },
    health: { interval: '10s', timeout: '2s' },
  }
  return stringify({
    listen: { port },
    ops: { port: opsPort },
    log: { level: 'info' },
    providers: {
      'vendor-a': { type: 'openai-compatible', baseUrl: `${openai}/v1`, apiKey: 'sk-vendor-a', ...vendor },
      'vendor-b': { type: 'anthropic', baseUrl: anthropic, apiKey: 'sk-vendor-b', ...vendor },
    },
    models: {
      [MODEL]: {
        targets: [
          { provider: 'vendor-a', model: 'large', weight: 1 },
          { provider: 'vendor-b', model: 'large', weight: 1 },
        ],
      },
    },
    keys: [
      {
        name: 'loadtest',
        key: CALLER_KEY,
        models: [MODEL],
        limits: { requestsPerMinute: 1_000_000, tokensPerMinute: 1_000_000_000, concurrency: 5000 },
      },
    ],
  })
}
