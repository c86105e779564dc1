import type { DialectName, Recording } from './recordings.ts'

/** How a gateway is told of the vendor that a recording is of; `address` is an origin with a path in front of the vendor's own. */
export function vendorSettings({ vendor, dialect, way }: Recording, client: DialectName, address: string): object {
  const apiKey = 'the-gateways-own'
  if (way !== undefined) return { ...way.settings(address), apiKey }
  switch (vendor) {
    case 'gemini':
      return { type: vendor, apiKey, baseUrl: `${address}/v1beta` }
    case 'vertex':
      return { type: vendor, apiKey, project: 'some-project', baseUrl: `${address}/v1` }
    case 'bedrock':
      return { type: vendor, apiKey, baseUrl: address }
    default: {
      const type = typeFor(vendor, dialect, client)
      return { ...type, apiKey, baseUrl: `${address}/v1` }
    }
  }
}

/** Who has both doors of OpenAI's is asked at the one that the client knocks at: here it must have the other one alone. */
function typeFor(vendor: string, dialect: DialectName, client: DialectName): object {
  if (dialect === 'openai-responses' && client !== dialect) return { type: 'openai-compatible', dialect }
  if (dialect === 'openai-chat' && client === 'openai-responses' && vendor === 'openai') return { type: 'groq' }
  return { type: vendor }
}
