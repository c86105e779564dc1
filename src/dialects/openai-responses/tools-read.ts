import type { Call, Tool, ToolChoice } from '../../call/call.ts'
import type { Json } from '../../call/json.ts'
import { DIALECT, extraOf, isObject, ObjectReader } from './members.ts'

/** `tools`; those that the vendor runs itself, and custom tools, which take free text, are opaque. Throws InvalidRequest. */
export function readTools(reader: ObjectReader): Pick<Call, 'tools'> {
  const tools = reader.list('tools') ?? []
  return tools.length === 0 ? {} : { tools: tools.map((tool, index) => readTool(tool, `tools.${index}`)) }
}

function readTool(tool: Json, at: string): Tool {
  const reader = ObjectReader.of(tool, at) ?? new ObjectReader({}, at)
  const type = reader.string('type')
  const name = reader.string('name')
  if (type !== 'function') return { name: name ?? type ?? '', at, opaque: { dialect: DIALECT, value: tool } }
  if (name === undefined) reader.refuse('name', 'a string')
  const description = reader.string('description')
  const parameters = reader.object('parameters')
  const strict = reader.boolean('strict')
  return {
    name: name ?? '',
    ...(description !== undefined && { description }),
    ...(parameters !== undefined && { parameters }),
    ...(strict !== undefined && { strict }),
    at,
    ...extraOf(reader.rest()),
  }
}

/** `tool_choice`. Forms without a word in the hub (`allowed_tools`, a built-in tool) stay in the rest. */
export function readToolChoice(reader: ObjectReader): { toolChoice?: ToolChoice } {
  const toolChoice = choiceOf(reader.peek('tool_choice'))
  if (toolChoice === undefined) return {}
  reader.take('tool_choice')
  return { toolChoice }
}

function choiceOf(value: Json | undefined): ToolChoice | undefined {
  if (value === 'auto' || value === 'none' || value === 'required') return { type: value }
  if (!isObject(value) || value.type !== 'function' || typeof value.name !== 'string') return undefined
  return Object.keys(value).length === 2 ? { type: 'tool', name: value.name } : undefined
}
