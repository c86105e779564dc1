import type { Call } from '../../call/call.ts'
import type { Json, JsonObject } from '../../call/json.ts'
import type { Loss } from '../../call/loss.ts'
import { InvalidRequest } from '../../errors.ts'
import type { WireRequest } from '../dialect.ts'
import { isObject, type Members } from '../openai-chat/members.ts'
import { readRequest as readChat } from '../openai-chat/request-read.ts'
import { writeRequest as writeChat } from '../openai-chat/request-write.ts'
import { DIALECT } from './members.ts'

/** What a chat can ask for and a text completion cannot. */
const OF_CHAT = ['tools', 'tool_choice', 'parallel_tool_calls', 'response_format', 'reasoning_effort', 'top_logprobs']

/**
 * A text completion as a call with one turn. Throws InvalidRequest for what no turn can say: several prompts, tokens in the
 * place of text, and a `suffix` that the answer would have to lead up to.
 */
export function readRequest({ json, ...request }: WireRequest): Call {
  const { prompt, suffix, echo, best_of: bestOf, logprobs, ...rest } = json
  if (suffix !== undefined && suffix !== null && suffix !== '') {
    throw InvalidRequest({ param: 'suffix' }, 'suffix needs a vendor with text completions of its own')
  }
  const text = readPrompt(prompt)
  const call = readChat({ ...request, json: { ...rest, messages: [{ role: 'user', content: text }] } })
  const members = {
    ...(Array.isArray(prompt) && { $prompt: 'list' }),
    ...kept('suffix', suffix, suffix !== undefined),
    ...kept('echo', echo, echo === false),
    ...kept('best_of', bestOf, bestOf === 1),
    ...kept('logprobs', logprobs, false),
  }
  return {
    ...call,
    dialect: DIALECT,
    turns: call.turns.map(turn => ({ ...turn, at: 'prompt' })),
    ...(Object.keys(members).length > 0 && { extra: { ...call.extra, [DIALECT]: members } }),
  }
}

function readPrompt(prompt: Json | undefined): string {
  const [only, ...more] = Array.isArray(prompt) ? prompt : [prompt]
  if (typeof only === 'string' && more.length === 0) return only
  throw InvalidRequest({ param: 'prompt' }, 'prompt must be one text; only vendors with text completions take more')
}

/** Under a name that is no loss where the member asks for nothing. */
function kept(name: string, value: Json | undefined, idle: boolean): Members {
  return value === undefined ? {} : { [idle ? `$${name}` : name]: value }
}

/** A call as a text completion. Turns beside the one that was read are set apart by a blank line. */
export function writeRequest(call: Call): { body: JsonObject; losses: Loss[] } {
  const { [DIALECT]: own = {}, ...extra } = call.extra ?? {}
  const { body, losses } = writeChat({ ...call, extra })
  const { messages, max_completion_tokens: limit, ...rest } = body
  const prompt = (Array.isArray(messages) ? messages : []).map(message => textOf(message, losses)).join('\n\n')
  const lost = OF_CHAT.filter(member => rest[member] !== undefined)
  losses.push(...lost.map(path => ({ path, why: `${DIALECT} has no such member` })))
  const { $prompt: form, ...members } = own
  return {
    body: {
      ...Object.fromEntries(Object.entries(rest).filter(([member]) => !lost.includes(member))),
      ...(limit !== undefined && { max_tokens: limit }),
      ...Object.fromEntries(Object.entries(members).map(([name, value]) => [name.replace(/^\$/, ''), value])),
      prompt: form === 'list' ? [prompt] : prompt,
    },
    losses,
  }
}

function textOf(message: Json, losses: Loss[]): string {
  const content = isObject(message) ? message.content : undefined
  if (typeof content === 'string') return content
  losses.push({ path: 'prompt', why: `${DIALECT} takes text only` })
  return ''
}
