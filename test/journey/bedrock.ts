import type { TestContext } from 'node:test'
import { BedrockRuntimeClient, type BedrockRuntimeClientConfig } from '@aws-sdk/client-bedrock-runtime'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import type { Json } from '../../src/call/json.ts'
import { binary } from '../dialects/bedrock-wire.ts'
import { type Gateway, startGateway } from '../helper.ts'
import { type Script, startUpstream, stream, type Upstream } from '../upstream.ts'

export const CALLER = 'key-of-the-caller-1'
export const MODEL = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'

type Event = Readonly<Record<string, Json>>

export interface Bench {
  readonly gateway: Gateway
  readonly upstream: Upstream
  /** AWS's own client in front of the gateway. */
  readonly client: BedrockRuntimeClient
}

/** A gateway before one vendor, which the model `chat` leads to. `vendor` are members of its provider. */
export async function setUpBedrock(t: TestContext, script: Script, vendor: object = {}): Promise<Bench> {
  const upstream = await startUpstream(script)
  const gateway = await startGateway({
    providers: { v: { type: 'bedrock', baseUrl: upstream.url, apiKey: 'key-of-v', ...vendor } },
    models: { chat: { targets: [{ provider: 'v', model: MODEL }] } },
    keys: [{ name: 'caller', key: CALLER }],
    listen: { drain: '1s' },
  })
  const client = clientOf(gateway)
  t.after(async () => {
    client.destroy()
    await gateway.close()
    await upstream.close()
  })
  return { gateway, upstream, client }
}

/** Its default handler speaks HTTP/2 alone, which the gateway does not. */
export function clientOf({ url }: Gateway, settings: BedrockRuntimeClientConfig = {}): BedrockRuntimeClient {
  return new BedrockRuntimeClient({
    endpoint: url,
    region: 'us-east-1',
    token: { token: CALLER },
    authSchemePreference: ['httpBearerAuth'],
    requestHandler: new NodeHttpHandler(),
    maxAttempts: 1,
    ...settings,
  })
}

export const USAGE = {
  inputTokens: 7,
  outputTokens: 5,
  totalTokens: 22,
  cacheReadInputTokens: 10,
  cacheWriteInputTokens: 0,
}

/** An answer of Bedrock's. */
export function converse(content: readonly Json[], stopReason: string): object {
  return { output: { message: { role: 'assistant', content } }, stopReason, usage: USAGE, metrics: { latencyMs: 12 } }
}

export function textDelta(text: string, contentBlockIndex = 0): Event {
  return { contentBlockDelta: { contentBlockIndex, delta: { text }, p: 'abcd' } }
}

/** A stream of text, a tool call with arguments in two pieces, and one without. */
export const TOOLS: readonly Event[] = [
  { messageStart: { role: 'assistant', p: 'ab' } },
  textDelta('Let me '),
  textDelta('look.'),
  { contentBlockStop: { contentBlockIndex: 0 } },
  { contentBlockStart: { contentBlockIndex: 1, start: { toolUse: { toolUseId: 't1', name: 'weather' } } } },
  { contentBlockDelta: { contentBlockIndex: 1, delta: { toolUse: { input: '{"city":' } } } },
  { contentBlockDelta: { contentBlockIndex: 1, delta: { toolUse: { input: '"東京"}' } } } },
  { contentBlockStop: { contentBlockIndex: 1 } },
  { contentBlockStart: { contentBlockIndex: 2, start: { toolUse: { toolUseId: 't2', name: 'now' } } } },
  { contentBlockStop: { contentBlockIndex: 2 } },
  { messageStop: { stopReason: 'tool_use' } },
  { metadata: { usage: USAGE, metrics: { latencyMs: 12 } } },
]

/** Answers a binary event stream, each event a chunk of its own. */
export function eventStream(events: readonly Event[]): ReturnType<typeof stream> {
  return binaryStream(events.map(event => binary(event)))
}

/** Answers these bytes as a binary event stream. */
export function binaryStream(pieces: Parameters<typeof stream>[0]): ReturnType<typeof stream> {
  return stream(pieces, { headers: { 'content-type': 'application/vnd.amazon.eventstream' } })
}
