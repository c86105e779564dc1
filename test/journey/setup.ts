import type { TestContext } from 'node:test'
import { type Gateway, type GatewayOptions, startGateway } from '../helper.ts'
import { type Script, startUpstream, type Upstream } from '../upstream.ts'

export const CHAT = '/v1/chat/completions'
export const MESSAGES = '/v1/messages'
export const RESPONSES = '/v1/responses'

export interface BenchOptions extends GatewayOptions {
  /** Members of each provider (`timeouts`, `breaker`, `apiKeys`); of one after the other where it is a list. */
  readonly provider?: object | readonly object[]
  /** Members of the model `chat` (`attempts`, `strategy`). */
  readonly model?: object
  /** Top-level members (`keys`, `listen`). */
  readonly config?: object
  /** Types of the providers, in order; `openai-compatible` where none is said. */
  readonly types?: readonly ('openai-compatible' | 'openai' | 'vllm' | 'bedrock' | 'anthropic' | 'gemini')[]
}

/** A gateway in front of scripted vendors: `a`, `b`, `c` in turn, each with the model `m`, asked in this order as `chat`. */
export interface Bench {
  readonly gateway: Gateway
  readonly upstreams: readonly Upstream[]
  /** The first vendor. */
  readonly upstream: Upstream
}

/** Starts one vendor a script and a gateway before them (without any, `config` says all); closes all after the test. */
export async function setUp(t: TestContext, scripts: readonly Script[], options: BenchOptions = {}): Promise<Bench> {
  const upstreams = await Promise.all(scripts.map(script => startUpstream(script)))
  // Before the gateway, which a config that is refused leaves unborn: what listens would keep the process.
  let gateway: Gateway | undefined
  t.after(async () => {
    await gateway?.close()
    await Promise.all(upstreams.map(upstream => upstream.close()))
  })
  const names = scripts.map((_, index) => String.fromCharCode('a'.charCodeAt(0) + index))
  const providers = names.map((name, index) => [
    name,
    {
      type: options.types?.[index] ?? 'openai-compatible',
      baseUrl: `${upstreams[index]?.url}/v1`,
      apiKey: `key-of-${name}`,
      ...(Array.isArray(options.provider) ? options.provider[index] : options.provider),
    },
  ])
  const targets = names.map(provider => ({ provider, model: 'm' }))
  gateway = await startGateway(
    {
      providers: Object.fromEntries(providers),
      ...(targets.length > 0 && { models: { chat: { strategy: 'priority', targets, ...options.model } } }),
      // A test that fails with a stream open must not wait for it.
      listen: { drain: '1s' },
      ...options.config,
    },
    options,
  )
  return { gateway, upstreams, upstream: upstreams[0] as Upstream }
}

/** A request for a chat completion; the least that is one. */
export function asked(members: object = {}): object {
  return { model: 'chat', messages: [{ role: 'user', content: 'Hello' }], ...members }
}

/** A request for a message. */
export function askedMessage(members: object = {}): object {
  return asked({ max_tokens: 100, ...members })
}

/** A state of a breaker, from the metrics: 0 closed, 1 half-open, 2 open; closed while nothing was said. */
export async function breakerOf(gateway: Gateway, provider: string): Promise<number> {
  const metrics = await gateway.metrics()
  return metrics.get(`sluice_breaker_state{provider="${provider}",model="m",key="0"}`) ?? 0
}

/** How many attempts at a vendor ended in this way. */
export async function attemptsOf(gateway: Gateway, provider: string, outcome: string): Promise<number> {
  const metrics = await gateway.metrics()
  return metrics.get(`sluice_upstream_requests_total{provider="${provider}",model="m",outcome="${outcome}"}`) ?? 0
}

/** Waits until so many requests wait in the queue of `chat`. */
export async function waiting(gateway: Gateway, count: number): Promise<void> {
  while (gateway.app.api.live.snapshot.routes.get('chat')?.queue?.depth !== count)
    await new Promise(resolve => setImmediate(resolve))
}
