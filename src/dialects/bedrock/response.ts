import { foreignLosses } from '../../call/foreign.ts'
import type { Json, JsonObject } from '../../call/json.ts'
import type { Loss } from '../../call/loss.ts'
import type { Output, Result } from '../../call/result.ts'
import type { Report } from '../dialect.ts'
import { ANSWER, answerContext } from '../write-context.ts'
import { readBlocks } from './blocks-read.ts'
import { writeBlocks } from './blocks-write.ts'
import { finishLosses, readFinish, writeFinish } from './finish.ts'
import { DIALECT, extraOf, leftover, type Members, nestedMembers, objectAt, ownMembers } from './members.ts'
import { readUsage, usageLosses, writeUsage } from './usage.ts'

const ANSWER_MEMBERS = new Set(['output', 'stopReason', 'usage', 'metrics'])
const OUTPUT = new Set(['message'])
const MESSAGE = new Set(['role', 'content'])

/** Nobody measures for an answer that came from elsewhere, yet the member is required. */
const UNMEASURED: Members = { latencyMs: 0 }

/** A Converse answer as a result with one output. It names neither itself nor its model. Throws when it is none. */
export function readResponse(json: Json): Result {
  const answer = objectAt(json, 'the answer')
  const output = objectAt(answer.output, 'output')
  const message = objectAt(output.message, 'output.message')
  const usage = readUsage(answer.usage)
  const { finish, extra } = readFinish(answer.stopReason)
  const { metrics } = answer
  return {
    id: '',
    model: '',
    outputs: [
      {
        blocks: readBlocks(message.content, 'output.message.content'),
        finish,
        ...(extra !== undefined && { extra }),
      },
    ],
    ...(usage !== undefined && { usage }),
    ...extraOf({
      ...leftover(answer, ANSWER_MEMBERS),
      ...leftover(output, OUTPUT, 'output.'),
      ...leftover(message, MESSAGE, 'output.message.'),
      // How long it took is no part of what was said.
      ...(metrics !== undefined && { $wire: { metrics } }),
    }),
  }
}

/** Usage and end of an answer. Throws when it is none. */
export function readReport(json: Json): Report {
  const answer = objectAt(json, 'the answer')
  const usage = readUsage(answer.usage)
  const { reason } = readFinish(answer.stopReason).finish
  return usage === undefined ? { finish: reason } : { usage, finish: reason }
}

/** A result as a Converse answer, which has no place for an id and a model. Bedrock answers once: further outputs are losses. */
export function writeResponse(result: Result): { body: JsonObject; losses: Loss[] } {
  const [output = { blocks: [], finish: { reason: 'other' } }, ...others] = result.outputs
  const losses = [...foreignLosses(DIALECT, undefined, result.extra), ...usageLosses(result.usage)]
  others.forEach((_, index) => {
    losses.push({ path: `outputs.${index + 1}`, why: 'Bedrock gives one answer' })
  })
  const body = {
    metrics: UNMEASURED,
    ...ownMembers(result.extra, 'output'),
    ...writeOutput(output, result, losses),
    usage: writeUsage(result.usage),
  }
  return { body, losses }
}

function writeOutput({ blocks, finish, extra }: Output, result: Result, losses: Loss[]): JsonObject {
  losses.push(...foreignLosses(DIALECT, ANSWER, extra), ...finishLosses(finish, extra))
  const content = writeBlocks(blocks, answerContext(losses))
  const message = { ...nestedMembers(result.extra, 'output.message'), role: 'assistant', content }
  return {
    output: { ...nestedMembers(result.extra, 'output', 'message'), message },
    stopReason: writeFinish(finish, extra),
  }
}
