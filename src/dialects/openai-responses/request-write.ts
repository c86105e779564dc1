import type { Call } from '../../call/call.ts'
import { foreignLosses } from '../../call/foreign.ts'
import type { Json, JsonObject } from '../../call/json.ts'
import type { Loss } from '../../call/loss.ts'
import { openaiEffort } from '../openai-effort.ts'
import { refuseStrayResults } from '../tool-results.ts'
import { lose, type WriteContext } from '../write-context.ts'
import { writeItems } from './item-write.ts'
import { DIALECT, defined, type Members, nestedMembers, noteOf, ownMembers } from './members.ts'
import { loseAnnotations } from './part-write.ts'
import { writeToolOptions } from './tools-write.ts'

/** Nested objects of the root whose unknown members readers keep as `name.member`. */
const NESTED = ['text', 'format', 'reasoning'] as const

/** A call as a body for `/responses`. Same call, same bytes: the order of members is fixed. */
export function writeRequest(call: Call): { body: JsonObject; losses: Loss[] } {
  const losses = foreignLosses(DIALECT, undefined, call.extra)
  const context: WriteContext = { own: call.dialect === DIALECT, at: 'input', losses }
  const body = {
    ...ownMembers(call.extra, ...NESTED),
    model: call.model,
    ...writeInput(call, context),
    ...(call.stream && { stream: true }),
    ...writeToolOptions(call, context),
    ...writeSampling(call, context),
    ...writeText(call),
    ...writeReasoning(call, context),
    // Stored unless told otherwise, which the callers of other dialects never agreed to.
    ...(!context.own && { store: false }),
  }
  return { body, losses }
}

function writeInput(call: Call, context: WriteContext): Members {
  if (!context.own) refuseStrayResults(call.turns)
  const [first] = call.turns
  const instructions = first !== undefined && noteOf(first.extra, '$instructions') === true ? first : undefined
  if (instructions !== undefined) loseAnnotations(context, instructions)
  const turns = instructions === undefined ? call.turns : call.turns.slice(1)
  return {
    ...(instructions !== undefined && { instructions: textOf(instructions) }),
    ...inputMember(call, writeItems(turns, context), context),
  }
}

function inputMember(call: Call, items: readonly Members[], { own }: WriteContext): Members {
  const [only] = items
  if (noteOf(call.extra, '$input') === 'string' && items.length === 1 && typeof only?.content === 'string') {
    return { input: only.content }
  }
  return items.length === 0 && own ? {} : { input: items }
}

function textOf(turn: Call['turns'][number]): string {
  return turn.blocks.map(block => (block.type === 'text' ? block.text : '')).join('')
}

function writeSampling(call: Call, context: WriteContext): Members {
  for (const [path, wished] of unsupported(call, context)) {
    if (wished) lose(context, path, 'the Responses API has no such setting')
  }
  const members = {
    max_output_tokens: call.maxTokens,
    temperature: call.temperature,
    top_p: call.topP,
    top_logprobs: context.own ? call.logprobs?.top : undefined,
    user: call.user,
    service_tier: writeServiceTier(call, context),
  }
  return defined(members) as Members
}

/** Settings without a counterpart, unless they ask for what happens anyway. Paths are the chat API's, which has them. */
function unsupported(call: Call, { own }: WriteContext): readonly (readonly [string, boolean])[] {
  return [
    ['stop', (call.stop?.length ?? 0) > 0],
    ['seed', call.seed !== undefined],
    ['top_k', call.topK !== undefined],
    ['frequency_penalty', (call.frequencyPenalty ?? 0) !== 0],
    ['presence_penalty', (call.presencePenalty ?? 0) !== 0],
    ['n', (call.choices ?? 1) > 1],
    ['logprobs', !own && call.logprobs?.enabled === true],
  ]
}

function writeServiceTier({ serviceTier: tier }: Call, context: WriteContext): string | undefined {
  if (tier === undefined || tier === 'auto' || tier === 'default' || context.own) return tier
  // Anthropic's word for "not the priority tier".
  if (tier === 'standard_only') return 'default'
  return lose(context, 'service_tier', `${tier} is no service tier here`)
}

function writeText(call: Call): Members {
  const { format } = call
  const outer = nestedMembers(call.extra, 'text')
  if (format === undefined) return Object.keys(outer).length === 0 ? {} : { text: outer }
  const inner = nestedMembers(call.extra, 'format')
  if (format.type !== 'json-schema') {
    return { text: { ...outer, format: { ...inner, type: format.type === 'json' ? 'json_object' : 'text' } } }
  }
  const said = defined({
    name: format.name ?? (call.dialect === DIALECT ? undefined : 'response'),
    description: format.description,
    strict: format.strict,
  }) as Members
  return { text: { ...outer, format: { ...inner, type: 'json_schema', ...said, schema: format.schema } } }
}

function writeReasoning(call: Call, context: WriteContext): Members {
  const outer = nestedMembers(call.extra, 'reasoning')
  const effort = effortOf(call, context)
  const members: Record<string, Json> = { ...outer, ...(effort !== undefined && { effort }) }
  return Object.keys(members).length === 0 ? {} : { reasoning: members }
}

function effortOf({ reasoning: wish }: Call, { own, losses }: WriteContext): string | undefined {
  if (wish === undefined) return undefined
  if (own && wish.enabled === false) return 'none'
  return own && wish.effort !== undefined ? wish.effort : openaiEffort(wish, losses)
}
