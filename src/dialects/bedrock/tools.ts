import type { Call, Tool, ToolChoice } from '../../call/call.ts'
import { foreignLosses } from '../../call/foreign.ts'
import type { Json, JsonObject } from '../../call/json.ts'
import type { Loss } from '../../call/loss.ts'
import { cachePoints, readMarked } from './cache-points.ts'
import {
  asExtra,
  DIALECT,
  isMembers,
  leftover,
  listAt,
  type Members,
  membersAt,
  nestedMembers,
  optionalString,
  ownMembers,
  stringAt,
} from './members.ts'

const TOOL_CONFIG = new Set(['tools', 'toolChoice'])
const TOOL_SPEC = new Set(['name', 'description', 'inputSchema', 'strict'])

/** `toolConfig`; `left` is what the hub has no word for. Throws Malformed. */
export function readTools(json: Json | undefined): { call: Pick<Call, 'tools' | 'toolChoice'>; left: Members } {
  if (json === undefined || json === null) return { call: {}, left: {} }
  const config = membersAt(json, 'toolConfig')
  const tools = readMarked(listAt(config.tools, 'toolConfig.tools'), (tool, index) =>
    readTool(tool, `toolConfig.tools.${index}`),
  )
  const toolChoice = readChoice(config.toolChoice)
  const unread = config.toolChoice !== undefined && toolChoice === undefined
  const left = leftover(config, unread ? new Set(['tools']) : TOOL_CONFIG, 'toolConfig.')
  return { call: { tools, ...(toolChoice !== undefined && { toolChoice }) }, left }
}

function readTool(json: Json, at: string): Tool {
  const value = membersAt(json, at)
  const { toolSpec } = value
  const schema = isMembers(toolSpec) && isMembers(toolSpec.inputSchema) ? toolSpec.inputSchema.json : undefined
  if (!isMembers(toolSpec) || schema === undefined) return builtIn(value, at)
  const description = optionalString(toolSpec.description, `${at}.toolSpec.description`)
  return {
    name: stringAt(toolSpec.name, `${at}.toolSpec.name`),
    parameters: schema,
    ...(description !== undefined && { description }),
    ...(typeof toolSpec.strict === 'boolean' && { strict: toolSpec.strict }),
    at,
    ...asExtra(leftover(toolSpec, TOOL_SPEC)),
  }
}

function builtIn(value: Members, at: string): Tool {
  const [kind = ''] = Object.keys(value)
  const inner = value[kind]
  const name = isMembers(inner) && typeof inner.name === 'string' ? inner.name : kind
  return { name, at, opaque: { dialect: DIALECT, value } }
}

function readChoice(json: Json | undefined): ToolChoice | undefined {
  if (!isMembers(json)) return undefined
  if (isMembers(json.auto)) return { type: 'auto' }
  if (isMembers(json.any)) return { type: 'required' }
  return isMembers(json.tool)
    ? { type: 'tool', name: stringAt(json.tool.name, 'toolConfig.toolChoice.tool.name') }
    : undefined
}

/** `toolConfig`, where there is anything to say. `thinking`: extended thinking is on, which forbids forcing a tool. */
export function writeTools(call: Call, thinking: boolean, losses: Loss[]): JsonObject {
  const own = nestedMembers(call.extra, 'toolConfig')
  const offered = call.tools?.flatMap(tool => writeTool(tool, losses)) ?? []
  const tools = offered.length > 0 || call.dialect === DIALECT ? offered : stubs(call)
  if (tools.length === 0 && (call.dialect !== DIALECT || call.tools === undefined)) {
    reportForced(call, losses)
    return {}
  }
  const toolChoice = writeChoice(call, thinking, losses)
  return { toolConfig: { ...own, tools, ...(toolChoice !== undefined && { toolChoice }) } }
}

function writeTool(tool: Tool, losses: Loss[]): Members[] {
  const { opaque } = tool
  if (opaque?.dialect === DIALECT && isMembers(opaque.value)) return [opaque.value, ...cachePoints(tool)]
  if (opaque !== undefined) {
    losses.push({ path: tool.at ?? `tools.${tool.name}`, why: `a built-in tool of ${opaque.dialect}` })
    return []
  }
  losses.push(...foreignLosses(DIALECT, tool.at, tool.extra))
  const toolSpec = {
    ...ownMembers(tool.extra),
    name: tool.name,
    // Empty text is refused.
    ...(tool.description !== undefined && tool.description !== '' && { description: tool.description }),
    inputSchema: { json: isMembers(tool.parameters) ? tool.parameters : { type: 'object' } },
    ...(tool.strict !== undefined && { strict: tool.strict }),
  }
  return [{ toolSpec }, ...cachePoints(tool)]
}

/**
 * Bedrock answers 400 "The toolConfig field must be defined when using toolUse and toolResult content blocks": a history
 * that holds calls needs their tools, though the client offers none any more.
 */
function stubs({ turns }: Call): Members[] {
  const calls = turns.flatMap(({ blocks }) => blocks.filter(block => block.type === 'tool-call'))
  const names = new Set(calls.map(({ name }) => name))
  return [...names].map(name => ({
    toolSpec: { name, description: 'Not available any more.', inputSchema: { json: { type: 'object' } } },
  }))
}

function writeChoice(call: Call, thinking: boolean, losses: Loss[]): Members | undefined {
  const { toolChoice, parallelTools } = call
  if (parallelTools === false) {
    losses.push({ path: 'parallel_tool_calls', why: 'Bedrock cannot be asked for one tool call at a time' })
  }
  if (toolChoice === undefined) return undefined
  if (toolChoice.type === 'auto') return { auto: {} }
  if (toolChoice.type === 'none') {
    losses.push({ path: 'tool_choice', why: 'Bedrock has no choice "none": the model may call a tool' })
    return undefined
  }
  if (thinking) {
    losses.push({ path: 'tool_choice', why: 'a forced tool choice is refused with extended thinking' })
    return undefined
  }
  return toolChoice.type === 'tool' ? { tool: { name: toolChoice.name } } : { any: {} }
}

function reportForced({ toolChoice }: Call, losses: Loss[]): void {
  if (toolChoice?.type !== 'required' && toolChoice?.type !== 'tool') return
  losses.push({ path: 'tool_choice', why: 'Bedrock takes no tool choice without tools' })
}
