import type { Call, Tool, ToolChoice } from '../../call/call.ts'
import type { Json } from '../../call/json.ts'
import { DIALECT, extraOf, isObject, type Members, ObjectReader, place } from './members.ts'
import { readCache } from './part-read.ts'

/** `tools`, and the older `functions`, which hold what is inside a tool's `function`. */
export function readTools(reader: ObjectReader): Pick<Call, 'tools'> {
  const tools = (reader.list('tools') ?? []).map((tool, index) => readTool(tool, `tools.${index}`))
  const functions = (reader.list('functions') ?? []).map((entry, index) => readLegacyTool(entry, `functions.${index}`))
  const all = [...tools, ...functions]
  return all.length === 0 ? {} : { tools: all }
}

function readTool(tool: Json, at: string): Tool {
  const reader = ObjectReader.of(tool, at) ?? new ObjectReader({}, at)
  const type = reader.string('type')
  if (type !== 'function') return opaqueTool(tool, type ?? '', at)
  const inner = reader.nested('function')
  if (inner === undefined) {
    reader.refuse('function', 'an object')
    return opaqueTool(tool, type, at)
  }
  const { cache, members } = readCache(reader)
  return { ...readFunction(inner), ...place(at), ...cache, ...extraOf(reader.rest(), members, inner.rest('function.')) }
}

/** Custom tools (free text, grammars) and vendors' built-in ones. */
function opaqueTool(value: Json, type: string, at: string): Tool {
  const custom = isObject(value) ? value.custom : undefined
  const name = isObject(custom) && typeof custom.name === 'string' ? custom.name : type
  return { name, at, opaque: { dialect: DIALECT, value } }
}

function readLegacyTool(entry: Json, at: string): Tool {
  const reader = ObjectReader.of(entry, at) ?? new ObjectReader({}, at)
  return { ...readFunction(reader), ...place(at), ...extraOf(reader.rest('function.'), { $legacy: true }) }
}

/** Name, description and schema; what else there is stays in the reader's rest. */
function readFunction(reader: ObjectReader): Tool {
  const name = reader.string('name')
  if (name === undefined) reader.refuse('name', 'a string')
  const description = reader.string('description')
  const parameters = reader.object('parameters')
  const strict = reader.boolean('strict')
  return {
    name: name ?? '',
    ...(description !== undefined && { description }),
    ...(parameters !== undefined && { parameters }),
    ...(strict !== undefined && { strict }),
  }
}

/** `tool_choice`, or the older `function_call`. Forms without a word in the hub (`allowed_tools`) stay in the rest. */
export function readToolChoice(reader: ObjectReader, leftovers: Members[]): { toolChoice?: ToolChoice } {
  const choice = toolChoice(reader.peek('tool_choice'))
  if (choice !== undefined) {
    const word = reader.take('tool_choice')
    if (word === 'any') leftovers.push({ $choice: 'any' })
    return { toolChoice: choice }
  }
  const legacy = reader.peek('function_call')
  const found = isObject(legacy)
    ? toolChoice({ type: 'function', function: legacy })
    : legacy === 'auto' || legacy === 'none'
      ? toolChoice(legacy)
      : undefined
  if (found === undefined) return {}
  reader.take('function_call')
  leftovers.push({ $choice: 'function_call' })
  return { toolChoice: found }
}

function toolChoice(value: Json | undefined): ToolChoice | undefined {
  switch (value) {
    case 'auto':
    case 'none':
    case 'required':
      return { type: value }
    case 'any': // Mistral's word for `required`.
      return { type: 'required' }
  }
  if (!isObject(value) || value.type !== 'function' || !isObject(value.function)) return undefined
  const { name, ...rest } = value.function
  const plain = typeof name === 'string' && Object.keys(rest).length === 0 && Object.keys(value).length === 2
  return plain ? { type: 'tool', name } : undefined
}
