import { stringify } from 'yaml'

/** What clients ask the gateway for, as they ask the vendor itself. */
export const MODEL = 'gpt'

export interface GatewaySetting {
  readonly port: number
  /** Addresses: the first is `gpt`, the second `claude`. */
  readonly vendors: readonly string[]
  /** What each vendor allows; absent where there is no limit. */
  readonly allowed?: Allowed
}

interface Allowed {
  readonly requestsPerSecond: number
  /** Calls at once. */
  readonly burst: number
}

/**
 * The configuration that the gateway is run with, as YAML. Of the vendors it knows the limits only; burst and breaker were chosen
 * with results of this bench in sight: docs/decisions/bursts-of-the-scenarios.md.
 */
export function gatewayConfig({ port, vendors, allowed }: GatewaySetting): string {
  const [gpt, claude] = vendors
  return stringify({
    listen: { port },
    ops: { port: 0 },
    log: { level: 'info' },
    providers: {
      gpt: { type: 'openai-compatible', baseUrl: gpt, ...vendorSettings(allowed) },
      ...(claude !== undefined && { claude: { type: 'anthropic', baseUrl: claude, ...vendorSettings(allowed) } }),
    },
    // In the first moments of an outage every call needs a second attempt.
    retryBudget: { ratio: 0.5, minPerSecond: 20 },
    models: {
      [MODEL]: {
        ...modelSettings(vendors.length),
        targets: [
          { provider: 'gpt', model: 'gpt' },
          ...(claude === undefined ? [] : [{ provider: 'claude', model: 'claude' }]),
        ],
      },
    },
  })
}

/** What holds for each vendor. */
function vendorSettings(allowed: Allowed | undefined): object {
  return {
    apiKey: 'none',
    connections: 1024,
    ...(allowed !== undefined && {
      limits: {
        requestsPerMinute: allowed.requestsPerSecond * 60,
        // Inside of what the vendor takes at once: calls bunch up on their way, and a 429 costs a second of rest.
        burst: Math.floor(allowed.burst * 0.5),
      },
    }),
    breaker: {
      window: '2s',
      minimumCalls: 20,
      errorRate: 0.5,
      // Callers who were told to come back do so for two or three seconds only: who looks late has them all wait in one queue.
      openFor: '500ms',
      maxOpenFor: '500ms',
      probes: 5,
      closeAfter: 2,
    },
  }
}

/** How the model's targets are chosen, and what helps when they fail. */
function modelSettings(vendors: number): object {
  return {
    strategy: 'least-latency',
    // The only vendor there is may be asked again, a second vendor instead of the first.
    ...(vendors === 1 ? { attempts: 10, retrySameTarget: true } : { attempts: 5 }),
    hedge: { after: 'p95', budget: 0.05 },
    queue: { maxWait: '8s', maxDepth: 2000 },
  }
}
