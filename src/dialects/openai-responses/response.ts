import { foreignLosses } from '../../call/foreign.ts'
import type { Json, JsonObject } from '../../call/json.ts'
import type { Loss } from '../../call/loss.ts'
import type { Output, Result } from '../../call/result.ts'
import type { Report } from '../dialect.ts'
import { finishLosses, holdsOf, itemsHold, readFinish, writeFinish } from './finish.ts'
import { readOutput } from './item-read.ts'
import { writeOutput } from './item-write.ts'
import { DIALECT, extraOf, isObject, isOwn, type Members, ObjectReader, ownMembers } from './members.ts'
import { emptyResponse } from './response-form.ts'
import { readUsage, writeUsage } from './usage.ts'

/** What repeats the request, and form: written back, never a loss. */
const DRESSING: readonly string[] = [
  ...Object.keys(emptyResponse('', '')).filter(member => member !== 'output' && member !== 'usage'),
  ...['store', 'completed_at', 'billing', 'max_tool_calls', 'prompt', 'prompt_cache_key', 'prompt_cache_retention'],
  ...['prompt_cache_options', 'safety_identifier', 'top_logprobs', 'frequency_penalty', 'presence_penalty'],
]

const READ: ReadonlySet<string> = new Set(['id', 'model', 'created_at', 'output', 'usage', ...DRESSING])

/** A response as a result. Throws when there is no output; what else is odd is kept aside. */
export function readResponse(json: Json): Result {
  if (!isObject(json) || !Array.isArray(json.output)) throw new Error('The answer is not a response.')
  const blocks = readOutput(json.output)
  const usage = readUsage(json.usage)
  return {
    ...identityOf(json),
    outputs: [{ blocks, finish: readFinish(json, holdsOf(blocks)), ...statusNote(json) }],
    ...(usage !== undefined && { usage }),
    ...extraOf({ ...unknownMembers(json), ...(json.usage === null && { usage: null }) }, dressingOf(json)),
  }
}

/** Id, model and time of a response, whole or just begun. */
export function identityOf({ id, model, created_at: created }: Members): Pick<Result, 'id' | 'model' | 'created'> {
  return {
    id: typeof id === 'string' ? id : '',
    model: typeof model === 'string' ? model : '',
    ...(typeof created === 'number' && { created }),
  }
}

/** The note by which the status is written as it was read. */
export function statusNote({ status, incomplete_details: details }: Members): Pick<Output, 'extra'> {
  return extraOf({
    $status: { ...(status !== undefined && { status }), ...(details !== undefined && { incomplete_details: details }) },
  })
}

/** The note that holds a response's form. */
export function dressingOf(response: Members): Members {
  const entries = DRESSING.filter(member => !NEUTRAL.has(member)).map((member): [string, Json | undefined] => [
    member,
    response[member],
  ])
  return { $wire: Object.fromEntries(entries.filter((entry): entry is [string, Json] => entry[1] !== undefined)) }
}

/** Members that a result has words for. */
const NEUTRAL: ReadonlySet<string> = new Set(['id', 'model', 'created_at', 'status', 'incomplete_details'])

/** What a response says that is neither content nor form. */
export function unknownMembers(response: Members): Members {
  const rest = new ObjectReader(response, undefined).rest()
  return Object.fromEntries(Object.entries(rest).filter(([member]) => !READ.has(member)))
}

/** Usage and end of a response. Throws when there is no output. */
export function readReport(json: Json): Report {
  if (!isObject(json) || !Array.isArray(json.output)) throw new Error('The answer is not a response.')
  const usage = readUsage(json.usage)
  const finish = readFinish(json, itemsHold(json.output)).reason
  return usage === undefined ? { finish } : { usage, finish }
}

/** A result as a response. Same result, same bytes. A response answers once: further outputs are losses. */
export function writeResponse(result: Result): { body: JsonObject; losses: Loss[] } {
  const losses = foreignLosses(DIALECT, undefined, result.extra)
  const [first, ...others] = result.outputs
  const output = first ?? { blocks: [], finish: { reason: 'other' } }
  others.forEach((_, index) => {
    losses.push({ path: `outputs.${index + 1}`, why: 'a response is one answer' })
  })
  losses.push(...foreignLosses(DIALECT, 'output', output.extra), ...finishLosses(output.finish, output.extra))
  const own = isOwn(result.extra)
  const body = {
    ...(!own && emptyResponse(result.id, result.model)),
    ...ownMembers(result.extra),
    id: result.id,
    ...(result.created !== undefined && { created_at: result.created }),
    ...writeFinish(output.finish, output.extra, holdsOf(output.blocks)),
    model: result.model,
    output: writeOutput(output.blocks, result.id, { own, at: 'output', losses }),
    ...(result.usage !== undefined && { usage: writeUsage(result.usage, losses) }),
  }
  return { body, losses }
}
