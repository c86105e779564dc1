import type { Call, Tool } from '../../call/call.ts'
import type { Json } from '../../call/json.ts'
import { lose, type WriteContext } from '../write-context.ts'
import { DIALECT, type Members, ownMembers } from './members.ts'
import { loseAnnotations } from './part-write.ts'

/** Tools and what is said about their use. Of another dialect's call nothing is said without tools: OpenAI refuses that. */
export function writeToolOptions(call: Call, context: WriteContext): Members {
  const tools: Json[] = []
  for (const tool of call.tools ?? []) {
    loseAnnotations(context, tool)
    if (tool.opaque === undefined) tools.push(writeTool(tool, context))
    else if (tool.opaque.dialect === DIALECT) tools.push(tool.opaque.value)
    else lose(context, tool.at ?? 'tools', `only ${tool.opaque.dialect} has this tool`)
  }
  const usable = context.own || tools.length > 0
  return {
    ...(tools.length > 0 && { tools }),
    ...(usable && call.toolChoice !== undefined && { tool_choice: choiceOf(call.toolChoice) }),
    ...(usable && call.parallelTools !== undefined && { parallel_tool_calls: call.parallelTools }),
  }
}

function writeTool(tool: Tool, { own }: WriteContext): Members {
  // A function is strict here unless it says otherwise, and everywhere else only when it says so.
  const strict = tool.strict ?? (own ? undefined : false)
  const parameters = tool.parameters ?? (own ? undefined : { type: 'object', properties: {} })
  return {
    ...ownMembers(tool.extra),
    type: 'function',
    name: tool.name,
    ...(tool.description !== undefined && { description: tool.description }),
    ...(parameters !== undefined && { parameters }),
    ...(strict !== undefined && { strict }),
  }
}

function choiceOf(choice: NonNullable<Call['toolChoice']>): Json {
  return choice.type === 'tool' ? { type: 'function', name: choice.name } : choice.type
}
