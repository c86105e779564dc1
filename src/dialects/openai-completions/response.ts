import type { Json, JsonObject } from '../../call/json.ts'
import type { Loss } from '../../call/loss.ts'
import type { Result } from '../../call/result.ts'
import { isObject } from '../openai-chat/members.ts'
import { readResponse as readChat, writeResponse as writeChat } from '../openai-chat/response.ts'
import { toChatChoice, toTextChoice } from './members.ts'

/** A text completion as a result. Throws when there are no choices. */
export function readResponse(json: Json): Result {
  const choices = isObject(json) ? json.choices : undefined
  if (!isObject(json) || !Array.isArray(choices)) throw new Error('The answer is not a text completion.')
  return readChat({ ...json, choices: choices.map(choice => toChatChoice(choice, 'message')) })
}

/** A result as a text completion. */
export function writeResponse(result: Result): { body: JsonObject; losses: Loss[] } {
  const { body, losses } = writeChat(result)
  const choices = Array.isArray(body.choices) ? body.choices : []
  return {
    body: {
      ...body,
      object: 'text_completion',
      choices: choices.map(choice => toTextChoice(choice, 'message', losses)),
    },
    losses,
  }
}
