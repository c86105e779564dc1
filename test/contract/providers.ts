import type { DialectName, Recording } from './recordings.ts'

/** How a gateway is told of the vendor that a recording is of; `address` is an origin with a path in front of the vendor's own. */
export function vendorSettings({ vendor, dialect }: Recording, client: DialectName, address: string): object {
  const apiKey = 'the-gateways-own'
  switch (vendor) {
    case 'gemini':
      return { type: vendor, apiKey, baseUrl: `${address}/v1beta` }
    case 'vertex':
      return { type: vendor, apiKey, project: 'some-project', baseUrl: `${address}/v1` }
    case 'bedrock':
      return { type: vendor, apiKey, baseUrl: address }
    case 'azure':
      return { type: 'openai-compatible', apiKey, baseUrl: `${address}/v1` }
    default: {
      // Who has both doors of OpenAI's is asked at the one that the client knocks at: here it must have the other one alone.
      const isOpenAi = dialect === 'openai-responses' || (dialect === 'openai-chat' && client === 'openai-responses')
      const type = isOpenAi && client !== dialect ? { type: 'openai-compatible', dialect } : { type: vendor }
      return { ...type, apiKey, baseUrl: `${address}/v1` }
    }
  }
}
