import { Readable } from 'node:stream'
import {
  BedrockRuntimeClient,
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime'
import type { Question } from './clients.ts'
import { converseOf, saidByConverse } from './converse-oracle.ts'
import { type Said, type Wire, wire } from './said.ts'
import type { Wiretap } from './wiretap.ts'

export async function askConverse({ url, model, body, stream }: Question, tap: Wiretap): Promise<Said> {
  const client = new BedrockRuntimeClient({
    endpoint: url,
    region: 'us-east-1',
    maxAttempts: 1,
    token: { token: 'caller' },
    authSchemePreference: ['httpBearerAuth'],
    requestHandler: { handle: (request: ClientRequest) => fetchFor(request, tap) } as never,
  })
  const input = { ...(withBytes(body) as object), modelId: model } as ConverseCommandInput
  if (!stream) return saidByConverse(wire(await client.send(new ConverseCommand(input))))
  const events: Wire[] = []
  const answer = await client.send(new ConverseStreamCommand(input))
  for await (const event of answer.stream ?? []) events.push(wire(event))
  return saidByConverse(converseOf(events))
}

/** What the client hands to its transport. */
interface ClientRequest {
  readonly protocol: string
  readonly hostname: string
  readonly port?: number
  readonly path: string
  readonly method: string
  readonly headers: Record<string, string>
  readonly body: string
}

/** The client's own transport speaks HTTP/2, which the gateway leaves to the proxy in front of it. */
async function fetchFor(request: ClientRequest, tap: Wiretap): Promise<unknown> {
  const { protocol, hostname, port, path, method, headers, body } = request
  const response = await tap.fetch(`${protocol}//${hostname}:${port}${path}`, { method, headers, body })
  return {
    response: {
      statusCode: response.status,
      headers: Object.fromEntries(response.headers),
      body: response.body === null ? undefined : Readable.fromWeb(response.body as never),
    },
  }
}

/** The client takes bytes where the wire has their base64. */
function withBytes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withBytes)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      BINARY.has(name) && typeof inner === 'string' ? Buffer.from(inner, 'base64') : withBytes(inner),
    ]),
  )
}

const BINARY: ReadonlySet<string> = new Set(['bytes', 'redactedContent'])
