/** How a vendor is asked that can be asked in several ways. */
export interface Way {
  readonly name: string
  /** The settings of a provider that asks in this way; `address` is an origin with a path in front of the vendor's own. */
  settings(address: string): object
  /** Where the vendor is then asked for a chat, below the address. */
  path(model: string): string
}

/**
 * Azure's API without versions, its older one with the deployment in the path, and the one for models of all makers
 * (learn.microsoft.com/azure/foundry/openai/api-version-lifecycle). All have the same answers, so each recording is asked for in all.
 */
export const AZURE_WAYS: readonly Way[] = [
  {
    name: 'v1',
    settings: address => ({ type: 'azure', baseUrl: address }),
    path: () => '/openai/v1/chat/completions',
  },
  {
    name: 'deployments',
    settings: address => ({ type: 'azure', baseUrl: address, apiVersion: '2025-01-01-preview' }),
    path: model => `/openai/deployments/${model}/chat/completions?api-version=2025-01-01-preview`,
  },
  {
    name: 'models',
    settings: address => ({ type: 'azure', baseUrl: `${address}/models`, apiVersion: '2024-05-01-preview' }),
    path: () => '/models/chat/completions?api-version=2024-05-01-preview',
  },
]

/** Bedrock's Claude, recorded with the envelope of InvokeModel, which invoke.ts takes off: the rest is Anthropic's. */
export const INVOKE: Way = {
  name: 'invoke',
  settings: address => ({ type: 'anthropic', baseUrl: `${address}/v1` }),
  path: () => '/v1/messages',
}
