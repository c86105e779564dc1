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

const FINISH = { stop: 'end_turn', length: 'max_tokens', 'stop-sequence': 'stop_sequence', tool: 'tool_use' } as const

/** Anthropic's words for a status (docs.anthropic.com/en/api/errors). */
const ERROR_TYPES: Readonly<Record<number, string>> = {
  404: 'not_found_error',
  429: 'rate_limit_error',
  500: 'api_error',
  503: 'api_error',
}

/** The Messages API, as the simulator speaks it. */
export const anthropicWire: Wire = {
  requestIdHeader: 'request-id',
  readPrompt,
  whole: writeWhole,
  frames: writeFrames,
  error: writeError,
  models: writeModels,
}

function readPrompt(body: JsonObject): Prompt {
  const model = requiredString(body, 'model')
  const maxTokens = optionalCount(body, 'max_tokens')
  if (maxTokens === undefined) throw new Refusal('max_tokens: Field required', 'max_tokens')
  const turns = requiredTurns(body, ['user', 'assistant', 'system'])
  const last = turns.at(-1)
  const lastUser = turns.findLast(turn => turn.role === 'user')
  const results = last?.role === 'user' ? blocksOfType(last.content, 'tool_result') : []
  return {
    model,
    stream: optionalFlag(body, 'stream'),
    userText: spokenText(lastUser?.content),
    toolResult: results.length === 0 ? undefined : results.map(({ content }) => textOf(content)).join(' '),
    inputLength: lengthOf(body, turns),
    maxTokens,
    stop: stopSequences(body.stop_sequences, 'stop_sequences'),
    tools: readTools(body.tools),
    toolChoice: readToolChoice(body.tool_choice),
    includeUsage: true,
  }
}

function blocksOfType(content: Json | undefined, type: string): JsonObject[] {
  if (!Array.isArray(content)) return []
  return content.filter(
    (block: Json): block is { readonly [key: string]: Json } => isObject(block) && block.type === type,
  )
}

/** What a person said in a turn: its text without the results of tools. */
function spokenText(content: Json | undefined): string {
  return typeof content === 'string' ? content : textOf(blocksOfType(content, 'text') as Json[])
}

function lengthOf(body: JsonObject, turns: readonly JsonObject[]): number {
  const spoken = turns.reduce((sum, turn) => sum + textOf(turn.content).length, textOf(body.system).length)
  return body.tools === undefined ? spoken : spoken + JSON.stringify(body.tools).length
}

function readTools(tools: Json | undefined): SimulatedTool[] {
  if (tools === undefined) return []
  if (!Array.isArray(tools)) throw new Refusal('tools: Input should be a valid list', 'tools')
  return tools.map((tool: Json, index) => {
    if (isObject(tool) && typeof tool.name === 'string') return { name: tool.name, schema: tool.input_schema }
    throw new Refusal(`tools.${index}.name: Field required`, 'tools')
  })
}

function readToolChoice(choice: Json | undefined): Prompt['toolChoice'] {
  if (choice === undefined) return 'auto'
  const { type, name } = isObject(choice) ? choice : {}
  if (type === 'auto' || type === 'none' || type === 'any') return type
  if (type === 'tool' && typeof name === 'string') return { name }
  throw new Refusal('tool_choice: Input should be auto, any, tool or none', 'tool_choice')
}

function usageOf(reply: Reply, outputTokens: number): JsonObject {
  return {
    input_tokens: reply.inputTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    output_tokens: outputTokens,
  }
}

function messageOf(reply: Reply, prompt: Prompt, { id }: Identity, content: Json, outputTokens: number): JsonObject {
  return {
    id: `msg_${id}`,
    type: 'message',
    role: 'assistant',
    model: prompt.model,
    content,
    stop_reason: null,
    stop_sequence: null,
    usage: usageOf(reply, outputTokens) as Json,
  }
}

function blockOf(reply: Reply, { id }: Identity): { readonly [key: string]: Json } {
  if (reply.tool === undefined) return { type: 'text', text: reply.text }
  return { type: 'tool_use', id: `toolu_${id}`, name: reply.tool.name, input: JSON.parse(reply.tool.arguments) }
}

function writeWhole(reply: Reply, prompt: Prompt, identity: Identity): JsonObject {
  return {
    ...messageOf(reply, prompt, identity, [blockOf(reply, identity)], reply.outputTokens),
    stop_reason: FINISH[reply.finish],
    stop_sequence: reply.sequence ?? null,
  }
}

function writeFrames(reply: Reply, prompt: Prompt, identity: Identity): string[] {
  const empty = reply.tool === undefined ? { text: '' } : { input: {} }
  const deltas =
    reply.tool === undefined
      ? words(reply.text).map(text => ({ type: 'text_delta', text }))
      : argumentPieces(reply.tool.arguments).map(piece => ({ type: 'input_json_delta', partial_json: piece }))
  return [
    encode('message_start', { message: messageOf(reply, prompt, identity, [], 1) }),
    encode('content_block_start', { index: 0, content_block: { ...blockOf(reply, identity), ...empty } }),
    encode('ping', {}),
    ...deltas.map(delta => encode('content_block_delta', { index: 0, delta })),
    encode('content_block_stop', { index: 0 }),
    encode('message_delta', {
      delta: { stop_reason: FINISH[reply.finish], stop_sequence: reply.sequence ?? null },
      usage: usageOf(reply, reply.outputTokens),
    }),
    encode('message_stop', {}),
  ]
}

function encode(type: string, members: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`
}

function writeError({ status, message }: Trouble): JsonObject {
  return { type: 'error', error: { type: ERROR_TYPES[status] ?? 'invalid_request_error', message } }
}

function writeModels(names: readonly string[], created: number): JsonObject {
  const createdAt = new Date(created * 1000).toISOString()
  return {
    data: names.map(id => ({ type: 'model', id, display_name: id, created_at: createdAt })),
    has_more: false,
    first_id: names[0] ?? null,
    last_id: names.at(-1) ?? null,
  }
}
