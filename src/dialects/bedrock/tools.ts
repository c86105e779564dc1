import type { Call, Tool, ToolChoice } from '../../call/call.ts'
import { foreignLosses } from '../../call/foreign.ts'
import type { Json, JsonObject } from '../../call/json.ts'
import type { Loss } from '../../call/loss.ts'
import { cachePoints, readMarked } from './cache-points.ts'
import {
  DIALECT,
  extraOf,
  isObject,
  leftover,
  listAt,
  type Members,
  nestedMembers,
  objectAt,
  optionalString,
  ownMembers,
  stringAt,
} from './members.ts'

const TOOL_CONFIG = new Set(['tools', 'toolChoice'])
const TOOL = new Set(['toolSpec'])
const TOOL_SPEC = new Set(['name', 'description', 'inputSchema', 'strict'])
const INPUT_SCHEMA = new Set(['json'])
const CHOICE = 'toolConfig.toolChoice'

/** `toolConfig`; `left` is what the hub has no word for. Throws Malformed. */
export function readTools(json: Json | undefined): { call: Pick<Call, 'tools' | 'toolChoice'>; left: Members } {
  if (json === undefined || json === null) return { call: {}, left: {} }
  const config = objectAt(json, 'toolConfig')
  const tools = readMarked(listAt(config.tools, 'toolConfig.tools'), (tool, index) =>
    readTool(tool, `toolConfig.tools.${index}`),
  )
  const read = readChoice(config.toolChoice)
  if (read === undefined) return { call: { tools }, left: leftover(config, new Set(['tools']), 'toolConfig.') }
  return {
    call: { tools, toolChoice: read.toolChoice },
    left: { ...leftover(config, TOOL_CONFIG, 'toolConfig.'), ...read.left },
  }
}

function readTool(json: Json, at: string): Tool {
  const value = objectAt(json, at)
  const { toolSpec } = value
  const schema = isObject(toolSpec) && isObject(toolSpec.inputSchema) ? toolSpec.inputSchema.json : undefined
  if (!isObject(toolSpec) || schema === undefined) return builtIn(value, at)
  const description = optionalString(toolSpec.description, `${at}.toolSpec.description`)
  return {
    name: stringAt(toolSpec.name, `${at}.toolSpec.name`),
    parameters: schema,
    ...(description !== undefined && { description }),
    ...(typeof toolSpec.strict === 'boolean' && { strict: toolSpec.strict }),
    at,
    ...extraOf({
      ...leftover(value, TOOL),
      ...leftover(toolSpec, TOOL_SPEC, 'toolSpec.'),
      ...leftover(toolSpec.inputSchema as Members, INPUT_SCHEMA, 'toolSpec.inputSchema.'),
    }),
  }
}

function builtIn(value: Members, at: string): Tool {
  const [kind = ''] = Object.keys(value)
  const inner = value[kind]
  const name = isObject(inner) && typeof inner.name === 'string' ? inner.name : kind
  return { name, at, opaque: { dialect: DIALECT, value } }
}

const CHOICES = { auto: 'auto', any: 'required', tool: 'tool' } as const

function readChoice(json: Json | undefined): { toolChoice: ToolChoice; left: Members } | undefined {
  if (!isObject(json)) return undefined
  const kind = (['auto', 'any', 'tool'] as const).find(word => isObject(json[word]))
  if (kind === undefined) return undefined
  const inner = json[kind] as Members
  const left = {
    ...leftover(json, new Set([kind]), `${CHOICE}.`),
    ...leftover(inner, kind === 'tool' ? new Set(['name']) : new Set(), `${CHOICE}.${kind}.`),
  }
  const type = CHOICES[kind]
  return { toolChoice: type === 'tool' ? { type, name: stringAt(inner.name, `${CHOICE}.tool.name`) } : { type }, left }
}

/** `toolConfig`, where there is anything to say. `thinking`: extended thinking is on, which forbids forcing a tool. */
export function writeTools(call: Call, thinking: boolean, losses: Loss[]): JsonObject {
  const own = nestedMembers(call.extra, 'toolConfig', 'toolChoice')
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
  if (opaque?.dialect === DIALECT && isObject(opaque.value)) return [opaque.value, ...cachePoints(tool)]
  if (opaque !== undefined) {
    losses.push({ path: tool.at ?? `tools.${tool.name}`, why: `a built-in tool of ${opaque.dialect}` })
    return []
  }
  losses.push(...foreignLosses(DIALECT, tool.at, tool.extra))
  const { extra } = tool
  const toolSpec = {
    ...nestedMembers(extra, 'toolSpec', 'inputSchema'),
    name: tool.name,
    // Empty text is refused.
    ...(tool.description !== undefined && tool.description !== '' && { description: tool.description }),
    inputSchema: {
      ...nestedMembers(extra, 'toolSpec.inputSchema'),
      json: isObject(tool.parameters) ? tool.parameters : { type: 'object' },
    },
    ...(tool.strict !== undefined && { strict: tool.strict }),
  }
  return [{ ...ownMembers(extra, 'toolSpec'), toolSpec }, ...cachePoints(tool)]
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
  const chosen = (kind: string, members: Members = {}): Members => ({
    ...nestedMembers(call.extra, CHOICE, kind),
    [kind]: { ...nestedMembers(call.extra, `${CHOICE}.${kind}`), ...members },
  })
  if (toolChoice.type === 'auto') return chosen('auto')
  if (toolChoice.type === 'none') {
    losses.push({ path: 'tool_choice', why: 'Bedrock has no choice "none": the model may call a tool' })
    return undefined
  }
  if (thinking) {
    losses.push({ path: 'tool_choice', why: 'a forced tool choice is refused with extended thinking' })
    return undefined
  }
  return toolChoice.type === 'tool' ? chosen('tool', { name: toolChoice.name }) : chosen('any')
}

function reportForced({ toolChoice }: Call, losses: Loss[]): void {
  if (toolChoice?.type !== 'required' && toolChoice?.type !== 'tool') return
  losses.push({ path: 'tool_choice', why: 'Bedrock takes no tool choice without tools' })
}
