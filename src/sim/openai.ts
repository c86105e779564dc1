import { isObject, type Json, type JsonObject } from '../call/json.ts'
import {
  optionalCount,
  optionalFlag,
  type Prompt,
  Refusal,
  requiredString,
  requiredTurns,
  type SimulatedTool,
  stopSequences,
  textOf,
} from './prompt.ts'
import { type Reply, words } from './reply.ts'
import { argumentPieces, type Identity, type Trouble, type Wire } from './wire.ts'

const ROLES = ['developer', 'system', 'user', 'assistant', 'tool', 'function']
const FINISH = { stop: 'stop', length: 'length', 'stop-sequence': 'stop', tool: 'tool_calls' } as const

/** OpenAI's words for a status: the `type` and `code` of its errors. */
const ERROR_NAMES: Readonly<Record<number, readonly [type: string, code: string | null]>> = {
  404: ['invalid_request_error', 'unknown_url'],
  429: ['requests', 'rate_limit_exceeded'],
  500: ['server_error', null],
  503: ['server_error', null],
}

/** OpenAI's chat dialect, as the simulator speaks it. */
export const openaiWire: Wire = {
  requestIdHeader: 'x-request-id',
  readPrompt,
  whole: writeWhole,
  frames: writeFrames,
  error: writeError,
  models: (names, created) => ({
    object: 'list',
    data: names.map(id => ({ id, object: 'model', created, owned_by: 'sluice-sim' })),
  }),
}

function readPrompt(body: JsonObject): Prompt {
  const model = requiredString(body, 'model')
  const turns = requiredTurns(body, ROLES)
  if ((optionalCount(body, 'n') ?? 1) > 1) throw new Refusal("The simulator gives one choice: 'n' must be 1.", 'n')
  const tools = readTools(body.tools)
  const last = turns.at(-1)
  return {
    model,
    stream: optionalFlag(body, 'stream'),
    userText: textOf(turns.findLast(turn => turn.role === 'user')?.content),
    toolResult: last?.role === 'tool' ? textOf(last.content) : undefined,
    inputLength: lengthOf(turns, body.tools),
    maxTokens: optionalCount(body, 'max_completion_tokens') ?? optionalCount(body, 'max_tokens'),
    stop: stopSequences(body.stop, 'stop'),
    tools,
    toolChoice: readToolChoice(body.tool_choice),
    includeUsage: isObject(body.stream_options) && body.stream_options.include_usage === true,
  }
}

function lengthOf(turns: readonly JsonObject[], tools: Json | undefined): number {
  const spoken = turns.reduce((sum, turn) => sum + textOf(turn.content).length, 0)
  return tools === undefined ? spoken : spoken + JSON.stringify(tools).length
}

function readTools(tools: Json | undefined): SimulatedTool[] {
  if (tools === undefined || tools === null) return []
  if (!Array.isArray(tools)) throw new Refusal("Invalid type for 'tools': expected an array of objects.", 'tools')
  return tools.map((tool: Json, index) => {
    const named = isObject(tool) && isObject(tool.function) ? tool.function : {}
    if (typeof named.name !== 'string') {
      throw new Refusal(`Missing required parameter: 'tools[${index}].function.name'.`, 'tools')
    }
    return { name: named.name, schema: named.parameters }
  })
}

function readToolChoice(choice: Json | undefined): Prompt['toolChoice'] {
  if (choice === 'none' || choice === 'auto') return choice
  if (choice === 'required') return 'any'
  if (choice === undefined || choice === null) return 'auto'
  if (isObject(choice) && isObject(choice.function) && typeof choice.function.name === 'string') {
    return { name: choice.function.name }
  }
  throw new Refusal("Invalid value for 'tool_choice'.", 'tool_choice')
}

function usageOf({ inputTokens, outputTokens }: Reply): JsonObject {
  return { prompt_tokens: inputTokens, completion_tokens: outputTokens, total_tokens: inputTokens + outputTokens }
}

function writeWhole(reply: Reply, prompt: Prompt, { id, created }: Identity): JsonObject {
  const message: JsonObject =
    reply.tool === undefined
      ? { role: 'assistant', content: reply.text, refusal: null }
      : {
          role: 'assistant',
          content: null,
          refusal: null,
          tool_calls: [{ id: `call_${id}`, type: 'function', function: { ...reply.tool } }],
        }
  return {
    id: `chatcmpl-${id}`,
    object: 'chat.completion',
    created,
    model: prompt.model,
    choices: [{ index: 0, message: message as Json, logprobs: null, finish_reason: FINISH[reply.finish] }],
    usage: usageOf(reply) as Json,
  }
}

function writeFrames(reply: Reply, prompt: Prompt, { id, created }: Identity): string[] {
  const head = { id: `chatcmpl-${id}`, object: 'chat.completion.chunk', created, model: prompt.model }
  const unasked = prompt.includeUsage ? { usage: null } : {}
  const frame = (delta: JsonObject, finish: string | null = null): string =>
    encode({ ...head, choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }], ...unasked })
  const frames = [
    ...(reply.tool === undefined ? textDeltas(reply.text) : toolDeltas(reply.tool, id)).map(delta => frame(delta)),
    frame({}, FINISH[reply.finish]),
  ]
  if (prompt.includeUsage) frames.push(encode({ ...head, choices: [], usage: usageOf(reply) }))
  return [...frames, 'data: [DONE]\n\n']
}

function textDeltas(text: string): JsonObject[] {
  return [{ role: 'assistant', content: '', refusal: null }, ...words(text).map(content => ({ content }))]
}

function toolDeltas(tool: NonNullable<Reply['tool']>, id: string): JsonObject[] {
  const call = { index: 0, id: `call_${id}`, type: 'function', function: { name: tool.name, arguments: '' } }
  return [
    { role: 'assistant', content: null, tool_calls: [call] },
    ...argumentPieces(tool.arguments).map(piece => ({ tool_calls: [{ index: 0, function: { arguments: piece } }] })),
  ]
}

function encode(chunk: object): string {
  return `data: ${JSON.stringify(chunk)}\n\n`
}

function writeError({ status, message, param }: Trouble): JsonObject {
  const [type, code] = ERROR_NAMES[status] ?? ['invalid_request_error', null]
  return { error: { message, type, param: param ?? null, code } }
}
