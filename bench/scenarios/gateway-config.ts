import { stringify } from 'yaml'

/** What clients ask the gateway for. */
export const MODEL = 'chat'

export interface GatewayVendors {
  readonly port: number
  /** Addresses: the first is `gpt`, the second `claude`. */
  readonly vendors: readonly string[]
  /** What each vendor allows; absent where there is no limit. */
  readonly requestsPerSecond?: number
}

/** The configuration that the gateway is run with, as YAML: what a user would write who knows no more than the vendors' limits. */
export function gatewayConfig(setting: GatewayVendors): string {
  const [gpt, claude] = setting.vendors
  return stringify({
    listen: { port: setting.port },
    ops: { port: 0 },
    log: { level: 'info' },
    providers: {
      gpt: { type: 'openai-compatible', baseUrl: gpt, ...vendorSettings(setting) },
      ...(claude !== undefined && { claude: { type: 'anthropic', baseUrl: claude, ...vendorSettings(setting) } }),
    },
    models: {
      [MODEL]: {
        ...modelSettings(),
        targets: [
          { provider: 'gpt', model: 'gpt' },
          ...(claude === undefined ? [] : [{ provider: 'claude', model: 'claude' }]),
        ],
      },
    },
  })
}

/** What holds for each vendor. */
function vendorSettings(_setting: GatewayVendors): object {
  return {
    apiKey: 'none',
    connections: 1024,
    breaker: { window: '2s', minimumCalls: 20, errorRate: 0.5, openFor: '1s', probes: 2, closeAfter: 4 },
  }
}

/** How the model's targets are chosen, and what helps when they fail. */
function modelSettings(): object {
  return { strategy: 'weighted', attempts: 4 }
}
