import type { Json } from '../../call/json.ts'
import type { Loss } from '../../call/loss.ts'
import { isObject, type Members } from '../openai-chat/members.ts'

export const DIALECT = 'openai-completions'

/** A choice of a text completion as one of a chat completion; `holder` is what holds the text there. */
export function toChatChoice(choice: Json, holder: 'message' | 'delta'): Json {
  if (!isObject(choice)) return choice
  const { text, ...rest } = choice
  return text === undefined ? rest : { ...rest, [holder]: { content: text } }
}

/** A choice of a chat completion as one of a text completion; what it says beside text is lost. */
export function toTextChoice(choice: Json, holder: 'message' | 'delta', losses: Loss[]): Json {
  if (!isObject(choice)) return choice
  const { [holder]: said, logprobs, finish_reason: finish, ...rest } = choice
  const message = isObject(said) ? said : {}
  losses.push(...unsaid(message, `choices.${rest.index ?? 0}.${holder}`))
  if (logprobs !== undefined && logprobs !== null) {
    losses.push({
      path: `choices.${rest.index ?? 0}.logprobs`,
      why: `${DIALECT} has another shape for log probabilities`,
    })
  }
  const text = typeof message.content === 'string' ? message.content : ''
  return { ...rest, text, logprobs: null, finish_reason: finish === 'tool_calls' ? 'stop' : (finish ?? null) }
}

function unsaid(message: Members, at: string): Loss[] {
  return Object.entries(message)
    .filter(([member, value]) => member !== 'role' && member !== 'content' && value !== null)
    .map(([member]) => ({ path: `${at}.${member}`, why: `${DIALECT} answers with text only` }))
}
