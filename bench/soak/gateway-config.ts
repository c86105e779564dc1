import { stringify } from 'yaml'

export const CALLER_KEY = 'sk-sluice-soak-0123456789abcdef0123456789abcdef'

/** Of the caller, and of each vendor. Twice what the load needs: all of it is asked for at once when the soak is over. */
export const CONCURRENCY = 250

export const MODELS = { routed: 'chat', cached: 'chat-cached' } as const

/** Names that reach one vendor each. */
export const DIRECT = ['vendor-a/large', 'vendor-b/large'] as const

export interface GatewaySetting {
  readonly port: number
  readonly opsPort: number
  readonly redis: string
  /** Where both vendors are. */
  readonly vendors: string
}

/**
 * A configuration, as YAML, in which every part has something to do. Each version differs from the one before it in what a
 * reload has to build anew and close: pools of connections, a provider, a caller.
 */
export function gatewayConfig({ port, opsPort, redis, vendors }: GatewaySetting, version: number): string {
  const vendor = {
    connections: 1000 + (version % 2),
    timeouts: { connect: '2s', firstByte: '2s', idle: '2s', total: '6s' },
    limits: { requestsPerMinute: 1_000_000, tokensPerMinute: 1_000_000_000, concurrency: CONCURRENCY },
    breaker: { window: '10s', minimumCalls: 10, errorRate: 0.25, openFor: '1s' },
    health: { interval: '10s', timeout: '2s' },
  }
  const targets = DIRECT.map(name => ({ provider: name.split('/')[0], model: 'large' }))
  const limits = { requestsPerMinute: 1_000_000, tokensPerMinute: 1_000_000_000, concurrency: CONCURRENCY }
  const queue = { maxWait: '2s' }
  return stringify({
    listen: { port },
    ops: { port: opsPort },
    state: { redis },
    providers: {
      'vendor-a': { type: 'openai-compatible', baseUrl: `${vendors}/v1`, apiKey: 'sk-vendor-a', ...vendor },
      'vendor-b': { type: 'anthropic', baseUrl: vendors, apiKey: 'sk-vendor-b', ...vendor },
      ...(version % 2 === 1 && { 'vendor-c': { type: 'openai-compatible', baseUrl: `${vendors}/v1`, ...vendor } }),
    },
    models: {
      [MODELS.routed]: { targets, queue, hedge: { after: 'p95', budget: 0.05 } },
      [MODELS.cached]: { targets, queue, cache: { ttl: '5s' } },
    },
    keys: [
      { name: 'soak', key: CALLER_KEY, limits },
      { name: `passer-by-${version % 2}`, key: `${CALLER_KEY}-${version % 2}`, limits },
    ],
  })
}
