import type { Call } from '../../call/call.ts'
import { foreignLosses } from '../../call/foreign.ts'
import type { JsonObject } from '../../call/json.ts'
import type { Loss } from '../../call/loss.ts'
import { refuseStrayResults } from '../tool-results.ts'
import { lose, type WriteContext } from '../write-context.ts'
import { DIALECT, defined, type Members, nestedMembers, noteOf, ownMembers } from './members.ts'
import { writeMessages } from './message-write.ts'
import { writeReasoningWish } from './reasoning-wish-write.ts'
import { writeToolOptions } from './tools-write.ts'

/** A Chat Completions takes at most four stop sequences (OpenAI's reference, `stop`). */
const MAX_STOPS = 4

/** Nested objects of the root whose unknown members readers keep as `name.member`. */
const NESTED = ['response_format', 'json_schema', 'reasoning', 'thinking', 'stream_options'] as const

/** A call as a Chat Completions body. Same call, same bytes: the order of members is fixed. */
export function writeRequest(call: Call): { body: JsonObject; losses: Loss[] } {
  const losses = foreignLosses(DIALECT, undefined, call.extra)
  const context: WriteContext = { own: call.dialect === DIALECT, at: 'messages', losses }
  if (!context.own) refuseStrayResults(call.turns)
  const messages = writeMessages(call.turns, context)
  const body = {
    ...ownMembers(call.extra, ...NESTED),
    model: call.model,
    messages,
    ...(call.stream && { stream: true }),
    ...writeStreamOptions(call),
    ...writeToolOptions(call, context),
    ...writeSampling(call, context),
    ...writeFormat(call),
    ...writeReasoningWish(call, losses),
  }
  return { body, losses }
}

function writeStreamOptions(call: Call): Members {
  if (call.includeUsage === undefined) return {}
  return { stream_options: { ...nestedMembers(call.extra, 'stream_options'), include_usage: call.includeUsage } }
}

function writeSampling(call: Call, context: WriteContext): Members {
  const older = noteOf(call.extra, '$maxTokens') === 'max_tokens'
  if (call.topK !== undefined && !context.own) lose(context, 'top_k', 'OpenAI refuses this member')
  const members = {
    [older ? 'max_tokens' : 'max_completion_tokens']: call.maxTokens,
    temperature: call.temperature,
    top_p: call.topP,
    top_k: context.own ? call.topK : undefined,
    stop: writeStop(call, context),
    seed: call.seed,
    frequency_penalty: call.frequencyPenalty,
    presence_penalty: call.presencePenalty,
    n: call.choices,
    logprobs: call.logprobs?.enabled,
    // Without `logprobs` OpenAI refuses it; other APIs take it, and it asks for nothing.
    top_logprobs: context.own || call.logprobs?.enabled === true ? call.logprobs?.top : undefined,
    user: call.user,
    service_tier: writeServiceTier(call, context),
  }
  return defined(members) as Members
}

function writeStop(call: Call, context: WriteContext): string | readonly string[] | undefined {
  const { stop } = call
  if (stop === undefined || context.own) {
    return stop?.length === 1 && noteOf(call.extra, '$stop') === 'string' ? stop[0] : stop
  }
  if (stop.length > MAX_STOPS) lose(context, 'stop', `only the first ${MAX_STOPS} stop sequences are sent`)
  // OpenAI refuses an empty list.
  return stop.length === 0 ? undefined : stop.slice(0, MAX_STOPS)
}

function writeServiceTier(call: Call, context: WriteContext): string | undefined {
  const tier = call.serviceTier
  if (tier === undefined || tier === 'auto' || context.own) return tier
  // Anthropic's word for "not the priority tier".
  if (tier === 'standard_only') return 'default'
  return lose(context, 'service_tier', `${tier} is no service tier here`)
}

function writeFormat(call: Call): Members {
  const { format } = call
  if (format === undefined) return {}
  const outer = nestedMembers(call.extra, 'response_format')
  if (format.type !== 'json-schema') {
    return { response_format: { ...outer, type: format.type === 'json' ? 'json_object' : 'text' } }
  }
  const said = defined({ description: format.description, strict: format.strict }) as Members
  const name = format.name ?? (call.dialect === DIALECT ? undefined : 'response')
  const inner = {
    ...nestedMembers(call.extra, 'json_schema'),
    ...(name !== undefined && { name }),
    ...said,
    schema: format.schema,
  }
  return { response_format: { ...outer, type: 'json_schema', json_schema: inner } }
}
