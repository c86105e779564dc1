import type { Call, Tool, ToolChoice } from '../../call/call.ts'
import type { Json } from '../../call/json.ts'
import {
  annotations,
  DIALECT,
  extraOf,
  isObject,
  leftover,
  listAt,
  type Members,
  objectAt,
  optionalObject,
  optionalString,
  stringAt,
} from './members.ts'
import { readSchema } from './schema-read.ts'

const DECLARATION = new Set(['name', 'description', 'parameters', 'parametersJsonSchema'])
const CALLING = new Set(['mode', 'allowedFunctionNames'])

/** `tools`: each function as a tool of its own, each of Google's tools as an opaque one. Throws Malformed. */
export function readTools(tools: Json | undefined): Pick<Call, 'tools'> {
  if (tools === undefined || tools === null) return {}
  return { tools: listAt(tools, 'tools').flatMap((tool, group) => readGroup(objectAt(tool, `tools.${group}`), group)) }
}

/** One entry of `tools`, which may hold functions and Google's tools; `$group` tells the writer what stood together. */
function readGroup(value: Members, group: number): Tool[] {
  const at = `tools.${group}`
  const { functionDeclarations, ...others } = value
  const declarations = listAt(functionDeclarations, `${at}.functionDeclarations`)
  const tools = declarations.map((declaration, index) =>
    readDeclaration(declaration, `${at}.functionDeclarations.${index}`, group),
  )
  const rest = declarations.length === 0 ? value : others
  const [name] = Object.keys(others)
  if (Object.keys(rest).length === 0) return tools
  const note = extraOf({ $group: group })
  return [...tools, { name: name ?? 'functionDeclarations', at, opaque: { dialect: DIALECT, value: rest }, ...note }]
}

function readDeclaration(json: Json, at: string, group: number): Tool {
  const value = objectAt(json, at)
  const description = optionalString(value.description, `${at}.description`)
  const { parameters, parametersJsonSchema: schema } = value
  const form = { $group: group, ...(isObject(parameters) ? { $schema: parameters } : {}) }
  return {
    name: stringAt(value.name, `${at}.name`),
    ...(description !== undefined && { description }),
    ...(isObject(parameters) && { parameters: readSchema(parameters) }),
    ...(isObject(schema) && { parameters: schema }),
    ...annotations(value, at, DECLARATION, form),
  }
}

/** `toolConfig`: the choice, and (`left`) what the hub has no word for. Throws Malformed. */
export function readToolConfig(config: Json | undefined): { choice: Pick<Call, 'toolChoice'>; left: Members } {
  const value = optionalObject(config, 'toolConfig')
  if (value === undefined) return { choice: {}, left: config === null ? { toolConfig: null } : {} }
  const at = 'toolConfig.functionCallingConfig'
  const calling = optionalObject(value.functionCallingConfig, at)
  const toolChoice = calling && choiceOf(calling)
  if (calling === undefined || toolChoice === undefined) return { choice: {}, left: { toolConfig: value } }
  const named = toolChoice.type === 'tool' ? CALLING : new Set(['mode'])
  const left = {
    ...leftover(value, new Set(['functionCallingConfig']), 'toolConfig.'),
    ...leftover(calling, named, `${at}.`),
    ...(calling.mode !== undefined && { $mode: calling.mode }),
  }
  return { choice: { toolChoice }, left }
}

/** Clients write the modes in either case. `ANY` of one function is that function. */
function choiceOf({ mode, allowedFunctionNames: names }: Members): ToolChoice | undefined {
  switch (typeof mode === 'string' ? mode.toUpperCase() : undefined) {
    case 'AUTO':
      return { type: 'auto' }
    case 'NONE':
      return { type: 'none' }
    case 'ANY': {
      const [name, ...others] = Array.isArray(names) ? names : []
      return typeof name === 'string' && others.length === 0 ? { type: 'tool', name } : { type: 'required' }
    }
    default:
      return undefined
  }
}
