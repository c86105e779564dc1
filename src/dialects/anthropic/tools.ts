import type { Call, Tool, ToolChoice } from '../../call/call.ts'
import { foreignLosses } from '../../call/foreign.ts'
import type { Json, JsonObject } from '../../call/json.ts'
import type { Loss } from '../../call/loss.ts'
import {
  annotations,
  cacheControl,
  DIALECT,
  isObject,
  leftover,
  listAt,
  type Members,
  nestedMembers,
  objectAt,
  optionalBoolean,
  optionalString,
  ownMembers,
  stringAt,
} from './members.ts'

const TOOL = new Set(['type', 'name', 'description', 'input_schema', 'strict'])
const CHOICE = new Set(['type', 'name', 'disable_parallel_tool_use'])

/** `tools`; those that the vendor runs itself (`web_search_20250305`, `mcp_toolset`) are opaque. Throws Malformed. */
export function readTools(tools: Json | undefined): Pick<Call, 'tools'> {
  if (tools === undefined || tools === null) return {}
  return { tools: listAt(tools, 'tools').map((tool, index) => readTool(tool, `tools.${index}`)) }
}

function readTool(json: Json, at: string): Tool {
  const value = objectAt(json, at)
  const { type } = value
  if (type !== undefined && type !== null && type !== 'custom') {
    const name = value.name ?? value.mcp_server_name ?? type
    return { name: stringAt(name, `${at}.name`), at, opaque: { dialect: DIALECT, value } }
  }
  const description = optionalString(value.description, `${at}.description`)
  const strict = optionalBoolean(value.strict, `${at}.strict`)
  return {
    name: stringAt(value.name, `${at}.name`),
    parameters: objectAt(value.input_schema, `${at}.input_schema`),
    ...(description !== undefined && { description }),
    ...(strict !== undefined && { strict }),
    ...annotations(value, at, TOOL, type === 'custom' ? { $wire: { type } } : {}),
  }
}

/** `tool_choice`: the choice, whether calls may be parallel, and (`left`) what the hub has no word for. Throws Malformed. */
export function readToolChoice(choice: Json | undefined): {
  call: Pick<Call, 'toolChoice' | 'parallelTools'>
  left: Members
} {
  if (choice === undefined || choice === null) return { call: {}, left: {} }
  const value = objectAt(choice, 'tool_choice')
  const toolChoice = choiceOf(value)
  if (toolChoice === undefined) return { call: {}, left: { tool_choice: value } }
  const single = optionalBoolean(value.disable_parallel_tool_use, 'tool_choice.disable_parallel_tool_use')
  return {
    call: { toolChoice, ...(single !== undefined && { parallelTools: !single }) },
    left: leftover(value, CHOICE, 'tool_choice.'),
  }
}

function choiceOf(value: Members): ToolChoice | undefined {
  switch (value.type) {
    case 'auto':
    case 'none':
      return { type: value.type }
    case 'any':
      return { type: 'required' }
    case 'tool':
      return { type: 'tool', name: stringAt(value.name, 'tool_choice.name') }
    default:
      return undefined
  }
}

/** `tools` and `tool_choice`. `thinking`: extended thinking is on, which forbids forcing a tool. */
export function writeTools(call: Call, thinking: boolean, losses: Loss[]): JsonObject {
  const tools = call.tools?.map(tool => writeTool(tool, losses)).filter(tool => tool !== undefined)
  const choice = writeToolChoice(call, thinking, tools !== undefined && tools.length > 0, losses)
  const wanted = tools !== undefined && (tools.length > 0 || call.dialect === DIALECT)
  return { ...(wanted && { tools }), ...(choice !== undefined && { tool_choice: choice }) }
}

function writeTool(tool: Tool, losses: Loss[]): Json | undefined {
  const { opaque } = tool
  if (opaque?.dialect === DIALECT) return opaque.value
  if (opaque !== undefined) {
    losses.push({ path: tool.at ?? `tools.${tool.name}`, why: `a built-in tool of ${opaque.dialect}` })
    return undefined
  }
  losses.push(...foreignLosses(DIALECT, tool.at, tool.extra))
  return {
    ...ownMembers(tool.extra),
    name: tool.name,
    ...(tool.description !== undefined && { description: tool.description }),
    input_schema: inputSchema(tool),
    ...(tool.strict !== undefined && { strict: tool.strict }),
    ...cacheControl(tool),
  }
}

/** A schema of no certain type is refused ("input_schema.type: Field required"); arguments are always an object. */
function inputSchema({ parameters, extra }: Tool): Json {
  if (!isObject(parameters)) return { type: 'object', properties: {} }
  return parameters.type !== undefined || extra?.[DIALECT] !== undefined
    ? parameters
    : { type: 'object', ...parameters }
}

function writeToolChoice(call: Call, thinking: boolean, hasTools: boolean, losses: Loss[]): Members | undefined {
  const choice = allowedChoice(call, thinking, hasTools, losses)
  if (choice === undefined) return undefined
  const parallel = choice.type === 'none' ? undefined : call.parallelTools
  return {
    ...nestedMembers(call.extra, 'tool_choice'),
    type: choice.type === 'required' ? 'any' : choice.type,
    ...(choice.type === 'tool' && { name: choice.name }),
    ...(parallel !== undefined && { disable_parallel_tool_use: !parallel }),
  }
}

function allowedChoice(call: Call, thinking: boolean, hasTools: boolean, losses: Loss[]): ToolChoice | undefined {
  // `disable_parallel_tool_use` has no place of its own.
  const choice = call.toolChoice ?? (call.parallelTools === false && hasTools ? { type: 'auto' as const } : undefined)
  const forced = choice?.type === 'required' || choice?.type === 'tool'
  if (!hasTools && call.dialect !== DIALECT) {
    if (forced) losses.push({ path: 'tool_choice', why: 'Anthropic takes no tool choice without tools' })
    return undefined
  }
  if (!forced || !thinking) return choice
  losses.push({ path: 'tool_choice', why: 'Anthropic refuses a forced tool choice with extended thinking' })
  return call.parallelTools === false ? { type: 'auto' } : undefined
}
