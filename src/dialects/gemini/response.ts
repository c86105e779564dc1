import { foreignLosses, foreignUsageLosses } from '../../call/foreign.ts'
import type { Json, JsonObject } from '../../call/json.ts'
import type { Loss } from '../../call/loss.ts'
import type { Output, Result } from '../../call/result.ts'
import type { Report } from '../dialect.ts'
import type { ContentContext } from '../write-context.ts'
import { finishLosses, readFinish, writeFinish } from './finish.ts'
import { answerIds, type CallIds } from './ids.ts'
import {
  DIALECT,
  extraOf,
  isObject,
  leftover,
  listAt,
  type Members,
  nestedMembers,
  noteOf,
  objectAt,
  ownMembers,
} from './members.ts'
import { readParts } from './parts-read.ts'
import { writePart } from './parts-write.ts'
import { readUsage, writeUsage } from './usage.ts'

/** Members of an answer, and of each chunk of a stream, that the hub has words for. */
export const ANSWER = new Set(['candidates', 'usageMetadata', 'modelVersion', 'responseId'])
/** The same of a candidate. */
export const CANDIDATE = new Set(['content', 'finishReason', 'index'])
const CONTENT = new Set(['parts', 'role'])

/** An answer as a result. Throws when it is none. */
export function readResponse(json: Json): Result {
  const answer = answerAt(json)
  const usage = readUsage(answer.usageMetadata)
  const id = textOf(answer.responseId)
  const ids = answerIds(id)
  if (id === '') ids.hear(JSON.stringify(answer))
  const candidates = listAt(answer.candidates, 'candidates')
  return {
    id,
    model: textOf(answer.modelVersion),
    outputs: candidates.length === 0 ? [blockedOutput(answer)] : candidates.map(value => readCandidate(value, ids)),
    ...(usage !== undefined && { usage }),
    ...extraOf({ ...leftover(answer, ANSWER), ...missing(answer) }),
  }
}

/** An answer has candidates, or says why there are none. */
function answerAt(json: Json): Members {
  const answer = objectAt(json, 'the answer')
  if (Array.isArray(answer.candidates) || isObject(answer.promptFeedback)) return answer
  throw new TypeError('the answer has neither candidates nor promptFeedback')
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}

/** Which of the names that the hub always has the answer did without. */
function missing({ responseId, modelVersion, candidates }: Members): Members {
  return {
    ...(responseId === undefined && { $id: 'none' }),
    ...(modelVersion === undefined && { $model: 'none' }),
    ...(!Array.isArray(candidates) && { $candidates: 'none' }),
  }
}

/** The output of a prompt that was refused: empty, and filtered. */
export function blockedOutput({ promptFeedback }: Members): Output {
  const reason = isObject(promptFeedback) ? promptFeedback.blockReason : undefined
  return { blocks: [], finish: { reason: 'content-filter', ...(typeof reason === 'string' && { raw: reason }) } }
}

function readCandidate(json: Json, ids: CallIds): Output {
  const value = objectAt(json, 'candidates')
  const content = isObject(value.content) ? value.content : {}
  const blocks = readParts(listAt(content.parts, 'content.parts'), 'content.parts', ids)
  const calls = blocks.some(block => block.type === 'tool-call')
  const { index, finishReason } = value
  return {
    blocks,
    finish: readFinish(finishReason, calls),
    ...extraOf({
      ...leftover(value, CANDIDATE),
      ...leftover(content, CONTENT, 'content.'),
      ...(index !== undefined && { $wire: { index } }),
      ...(finishReason !== undefined && { $finish: finishReason }),
      ...contentForm(value, content),
    }),
  }
}

/** What the content did without: a filtered candidate may have none, or an empty one. */
function contentForm({ content }: Members, { parts, role }: Members): Members {
  if (content === undefined) return { $content: 'none' }
  return { ...(parts === undefined && { $parts: 'none' }), ...(role === undefined && { $role: 'none' }) }
}

/** Members of the answers to Google's other calls of a model, which have no end. */
const OTHER_ANSWERS = ['totalTokens', 'embedding', 'embeddings'] as const

/** Usage and end of an answer. Throws when it is none. */
export function readReport(json: Json): Report {
  if (isObject(json) && OTHER_ANSWERS.some(member => json[member] !== undefined)) {
    const counted = readUsage(json.usageMetadata)
    return counted === undefined ? {} : { usage: counted }
  }
  const answer = answerAt(json)
  const usage = readUsage(answer.usageMetadata)
  const [first] = listAt(answer.candidates, 'candidates')
  const finish = first === undefined ? blockedOutput(answer).finish : reportedFinish(objectAt(first, 'candidates'))
  return { ...(usage !== undefined && { usage }), finish: finish.reason }
}

function reportedFinish({ content, finishReason }: Members) {
  const parts = isObject(content) && Array.isArray(content.parts) ? content.parts : []
  return readFinish(
    finishReason,
    parts.some(part => isObject(part) && part.functionCall !== undefined),
  )
}

/** A result as an answer. */
export function writeResponse(result: Result): { body: JsonObject; losses: Loss[] } {
  const { extra, usage } = result
  const losses = [...foreignLosses(DIALECT, undefined, extra), ...foreignUsageLosses(DIALECT, usage)]
  const candidates = noteOf(extra, '$candidates') === 'none' ? undefined : result.outputs
  const body = {
    ...(candidates && { candidates: candidates.map((output, index) => writeCandidate(output, index, losses)) }),
    ...ownMembers(extra),
    ...(usage !== undefined && { usageMetadata: writeUsage(usage) }),
    ...(noteOf(extra, '$model') !== 'none' && { modelVersion: result.model }),
    ...(noteOf(extra, '$id') !== 'none' && { responseId: result.id }),
  }
  return { body, losses }
}

function writeCandidate(output: Output, index: number, losses: Loss[]): Members {
  const { extra, finish } = output
  const at = `candidates.${index}`
  const own = noteOf(extra, '$finish') !== undefined
  const context: ContentContext = { into: 'response', own, at: `${at}.content`, losses }
  losses.push(...foreignLosses(DIALECT, at, extra), ...finishLosses(finish, extra, at))
  const parts = output.blocks.map(block => writePart(block, context)).filter(part => part !== undefined)
  const content = {
    ...nestedMembers(extra, 'content'),
    ...((noteOf(extra, '$parts') !== 'none' || parts.length > 0) && { parts }),
    ...(noteOf(extra, '$role') !== 'none' && { role: 'model' }),
  }
  return {
    ...(noteOf(extra, '$content') !== 'none' && { content }),
    finishReason: writeFinish(finish, extra),
    ...(!own && { index }),
    ...ownMembers(extra, 'content'),
  }
}
