import { Registry } from '@prometheus-io/client'
import Fastify, { type FastifyInstance } from 'fastify'
import answers from '../plugins/answers.ts'
import auth from '../plugins/auth.ts'
import body from '../plugins/body.ts'
import buckets from '../plugins/buckets.ts'
import budget from '../plugins/budget.ts'
import cache from '../plugins/cache.ts'
import call from '../plugins/call.ts'
import catalog from '../plugins/catalog.ts'
import clientGone from '../plugins/client-gone.ts'
import countTokens from '../plugins/count-tokens.ts'
import dispatch from '../plugins/dispatch.ts'
import drain from '../plugins/drain.ts'
import errors from '../plugins/errors.ts'
import estimate from '../plugins/estimate.ts'
import extensions from '../plugins/extensions.ts'
import flights from '../plugins/flights.ts'
import forward from '../plugins/forward.ts'
import head from '../plugins/head.ts'
import healthChecks from '../plugins/health-checks.ts'
import idempotency from '../plugins/idempotency.ts'
import live from '../plugins/live.ts'
import meter from '../plugins/meter.ts'
import metrics from '../plugins/metrics.ts'
import notFound from '../plugins/not-found.ts'
import profiler from '../plugins/profiler.ts'
import relay from '../plugins/relay.ts'
import relayBytes from '../plugins/relay-bytes.ts'
import relayStream from '../plugins/relay-stream.ts'
import reload from '../plugins/reload.ts'
import requestLimit from '../plugins/request-limit.ts'
import responsesState from '../plugins/responses.ts'
import simulators from '../plugins/simulators.ts'
import storedResponses from '../plugins/stored-responses.ts'
import health from '../routes/health.ts'
import converse from '../routes/model/converse.ts'
import opsProfiles from '../routes/ops/profiles.ts'
import opsSamples from '../routes/ops/samples.ts'
import audio from '../routes/v1/audio.ts'
import chatCompletions from '../routes/v1/chat-completions.ts'
import completions from '../routes/v1/completions.ts'
import countTokensRoute from '../routes/v1/count-tokens.ts'
import embeddings from '../routes/v1/embeddings.ts'
import images from '../routes/v1/images.ts'
import messages from '../routes/v1/messages.ts'
import models from '../routes/v1/models.ts'
import moderations from '../routes/v1/moderations.ts'
import rerank from '../routes/v1/rerank.ts'
import responses from '../routes/v1/responses.ts'
import generateContent from '../routes/v1beta/generate-content.ts'
import geminiModels from '../routes/v1beta/models.ts'
import type { Config } from './config/config.ts'
import type { ConfigSource } from './config/source.ts'
import { type ListenerLogger, listenerOptions } from './listener.ts'
import { logEach, type RequestLog } from './logger.ts'
import { registerOps } from './ops.ts'
import { targetStates } from './routing/target-states.ts'

/** How long a plugin may take to start, and to stop once all streams have ended, ms; Fastify's default. */
const PLUGIN_TIMEOUT = 10_000

interface AppOptions {
  readonly config: Config
  /** Where the config came from, to be watched; without it there are no reloads. */
  readonly source?: ConfigSource
  readonly logger?: ListenerLogger
  /** Takes the one line of each request; the logger unless set. */
  readonly logRequest?: RequestLog
  /** How many lines the log has dropped. */
  readonly droppedLines?: () => number
  /** The part of each limit that this process may use, beside others on this machine: above 0, at most 1 (the default). */
  readonly share?: number
  /** The ops listener serves a primary, which adds up the counts of its workers. */
  readonly forPrimary?: boolean
}

export interface App {
  readonly api: FastifyInstance
  readonly ops: FastifyInstance
}

/** Builds both listeners, which do not listen yet. Throws what a plugin throws, with nothing left open. */
export async function buildApp({
  config,
  source,
  logger = false,
  logRequest,
  droppedLines = () => 0,
  share = 1,
  forPrimary = false,
}: AppOptions): Promise<App> {
  const registry = new Registry()
  const api = Fastify({
    ...listenerOptions(logger),
    // Fastify uses it as the limit of a close, too, which would cut streams that drain.
    pluginTimeout: config.listen.drain + PLUGIN_TIMEOUT,
    bodyLimit: config.listen.bodyLimit,
    trustProxy: [...config.listen.trustedProxies],
  })
  const ops = Fastify(listenerOptions(logger))
  try {
    await registerApi(api, {
      config,
      source,
      registry,
      logRequest: logRequest ?? logEach(api.log),
      droppedLines,
      share,
    })
    await registerOps(ops, {
      key: config.ops.key,
      metrics: () => registry.metrics(),
      describeConfig: () => api.reloads.describe(),
      targetStates: () => targetStates(api.live.snapshot.planner.targets, performance.now()),
    })
    await ops.register(profiler, { heapSampling: config.ops.heapSampling })
    await ops.register(opsProfiles)
    if (forPrimary) await ops.register(opsSamples, { registry })
  } catch (error) {
    await Promise.all([api.close(), ops.close()])
    throw error
  }
  return { api, ops }
}

async function registerApi(api: FastifyInstance, options: ApiOptions): Promise<void> {
  const { config, source, share } = options
  await api.register(errors)
  await api.register(head)
  await api.register(drain, { limit: config.listen.drain })
  await api.register(simulators)
  await api.register(live, { config, share })
  await api.register(reload, { config, source, apply: next => api.live.apply(next) })
  await api.register(health)
  await api.register(journey, options)
}

export async function closeApp({ api, ops }: App): Promise<void> {
  await api.close()
  await ops.close()
}

interface ApiOptions {
  readonly config: Config
  readonly source: ConfigSource | undefined
  readonly registry: Registry
  readonly logRequest: RequestLog
  readonly droppedLines: () => number
  readonly share: number
}

/** The stages of a request, in order; /health is outside of them. */
async function journey(
  api: FastifyInstance,
  { config, registry, logRequest, droppedLines, share }: ApiOptions,
): Promise<void> {
  await api.register(body)
  await api.register(metrics, { registry })
  await api.register(clientGone) //                                       1 presence
  await api.register(meter, { logRequest, droppedLines }) //              2 open the record, 10 settle it
  await api.register(auth) //                                             3 who calls
  await api.register(buckets, { state: config.state, share })
  await api.register(requestLimit) //                                     4 may they, now
  await api.register(call) //                                             5 what they ask
  await api.register(extensions, { paths: config.plugins })
  await api.register(budget) //                                           6 may they ask that
  await api.register(estimate)
  await api.register(answers, { state: config.state })
  await api.register(responsesState)
  await api.register(idempotency) //                                      7 was it answered before
  await api.register(cache)
  await api.register(flights)
  await api.register(healthChecks)
  await api.register(forward) //                                          8 who answers
  await api.register(dispatch)
  await api.register(relayStream)
  await api.register(relayBytes)
  await api.register(relay) //                                            9 back to the client
  await api.register(storedResponses)
  await api.register(catalog)
  await api.register(countTokens)
  await api.register(notFound)

  await api.register(chatCompletions)
  await api.register(messages)
  await api.register(countTokensRoute)
  await api.register(responses)
  await api.register(converse)
  await api.register(completions)
  await api.register(embeddings)
  await api.register(moderations)
  await api.register(rerank)
  await api.register(images)
  await api.register(audio)
  await api.register(models)
  await api.register(generateContent)
  await api.register(geminiModels)
}
