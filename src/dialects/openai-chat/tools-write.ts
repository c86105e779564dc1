import type { Call, Tool, ToolChoice } from '../../call/call.ts'
import type { Json } from '../../call/json.ts'
import { lose, type WriteContext } from '../write-context.ts'
import { DIALECT, type Members, nestedMembers, noteOf, ownMembers } from './members.ts'
import { cacheMark, loseAnnotations } from './part-write.ts'

/** Tools and what is said about their use. Of another dialect's call nothing is said without tools: OpenAI refuses that. */
export function writeToolOptions(call: Call, context: WriteContext): Members {
  const tools: Json[] = []
  const functions: Json[] = []
  for (const tool of call.tools ?? []) {
    loseAnnotations(context, tool)
    if (noteOf(tool.extra, '$legacy') === true) functions.push(writeFunction(tool))
    else if (tool.opaque === undefined) tools.push(writeTool(tool, context))
    else if (tool.opaque.dialect === DIALECT) tools.push(tool.opaque.value)
    else lose(context, tool.at ?? 'tools', `only ${tool.opaque.dialect} has this tool`)
  }
  const usable = context.own || tools.length + functions.length > 0
  return {
    ...(tools.length > 0 && { tools }),
    ...(functions.length > 0 && { functions }),
    ...(usable && writeChoice(call)),
    ...(usable && call.parallelTools !== undefined && { parallel_tool_calls: call.parallelTools }),
  }
}

function writeTool(tool: Tool, context: WriteContext): Members {
  const outer = ownMembers(tool.extra, 'function', 'cache_control')
  return { ...outer, type: 'function', function: writeFunction(tool), ...cacheMark(tool, context) }
}

function writeFunction(tool: Tool): Members {
  return {
    ...nestedMembers(tool.extra, 'function'),
    name: tool.name,
    ...(tool.description !== undefined && { description: tool.description }),
    ...(tool.parameters !== undefined && { parameters: tool.parameters }),
    ...(tool.strict !== undefined && { strict: tool.strict }),
  }
}

function writeChoice(call: Call): Members {
  const { toolChoice } = call
  if (toolChoice === undefined) return {}
  const form = noteOf(call.extra, '$choice')
  if (form === 'function_call') {
    return { function_call: toolChoice.type === 'tool' ? { name: toolChoice.name } : toolChoice.type }
  }
  return { tool_choice: form === 'any' && toolChoice.type === 'required' ? 'any' : choiceOf(toolChoice) }
}

function choiceOf(choice: ToolChoice): Json {
  return choice.type === 'tool' ? { type: 'function', function: { name: choice.name } } : choice.type
}
