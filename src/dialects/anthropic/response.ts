import { foreignLosses, foreignUsageLosses } from '../../call/foreign.ts'
import type { Json, JsonObject } from '../../call/json.ts'
import type { Loss } from '../../call/loss.ts'
import type { Output, Result } from '../../call/result.ts'
import type { Report } from '../dialect.ts'
import { ANSWER, answerContext } from '../write-context.ts'
import { readBlocks } from './blocks-read.ts'
import { writeBlocks } from './blocks-write.ts'
import { finishLosses, readFinish, writeFinish } from './finish.ts'
import { DIALECT, extraOf, leftover, listAt, type Members, objectAt, ownMembers, stringAt } from './members.ts'
import { readUsage, writeUsage } from './usage.ts'

const MESSAGE = new Set(['id', 'type', 'role', 'model', 'content', 'stop_reason', 'stop_sequence', 'usage'])

/** What a message says beside its content and its end; the same for a whole answer and for `message_start`. */
export function messageExtra(message: Members): Record<string, Json> {
  // Always written, null included.
  const { stop_reason: _reason, stop_sequence: _sequence, ...rest } = leftover(message, MESSAGE)
  return rest
}

/** A message as a result with one output. Throws when it is not a message. */
export function readResponse(json: Json): Result {
  const message = objectAt(json, 'the answer')
  const usage = readUsage(message.usage)
  return {
    id: stringAt(message.id, 'id'),
    model: stringAt(message.model, 'model'),
    outputs: [
      {
        blocks: readBlocks(listAt(message.content, 'content'), 'content'),
        ...readFinish(message.stop_reason, message.stop_sequence),
      },
    ],
    ...(usage !== undefined && { usage }),
    ...extraOf(messageExtra(message)),
  }
}

/** Usage and end of a message. Throws when it is not a message. */
export function readReport(json: Json): Report {
  const message = objectAt(json, 'the answer')
  const usage = readUsage(message.usage)
  const { reason } = readFinish(message.stop_reason, message.stop_sequence).finish
  return usage === undefined ? { finish: reason } : { usage, finish: reason }
}

/** A result as a message. Anthropic answers once: further outputs are losses. */
export function writeResponse(result: Result): { body: JsonObject; losses: Loss[] } {
  const [output, ...others] = result.outputs
  const losses = [...foreignLosses(DIALECT, undefined, result.extra), ...foreignUsageLosses(DIALECT, result.usage)]
  others.forEach((_, index) => {
    losses.push({ path: `outputs.${index + 1}`, why: 'Anthropic gives one answer' })
  })
  const body = {
    ...ownMembers(result.extra),
    id: result.id,
    type: 'message',
    role: 'assistant',
    model: result.model,
    ...writeOutput(output ?? { blocks: [], finish: { reason: 'other' } }, losses),
    usage: writeUsage(result.usage),
  }
  return { body, losses }
}

function writeOutput(output: Output, losses: Loss[]): JsonObject {
  losses.push(...foreignLosses(DIALECT, ANSWER, output.extra), ...finishLosses(output.finish, output.extra))
  return {
    content: writeBlocks(output.blocks, answerContext(losses)),
    ...writeFinish(output.finish, output.extra),
  }
}
