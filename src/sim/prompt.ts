import { isObject, type Json, type JsonObject } from '../call/json.ts'

export interface SimulatedTool {
  readonly name: string
  /** JSON Schema of the arguments. */
  readonly schema: Json | undefined
}

/** What the simulator understands of a request, in either dialect. */
export interface Prompt {
  readonly model: string
  readonly stream: boolean
  /** Of the last user turn. */
  readonly userText: string
  /** The result of a tool, when the conversation ends with one. */
  readonly toolResult: string | undefined
  /** Characters of all that was sent, for the count of tokens. */
  readonly inputLength: number
  readonly maxTokens: number | undefined
  readonly stop: readonly string[]
  readonly tools: readonly SimulatedTool[]
  readonly toolChoice: 'auto' | 'none' | 'any' | { readonly name: string }
  /** OpenAI's `stream_options.include_usage`. */
  readonly includeUsage: boolean
}

/** A request that a vendor would answer with 400. */
export class Refusal extends Error {
  readonly param: string | undefined

  constructor(message: string, param?: string) {
    super(message)
    this.param = param
  }
}

/** The body as an object. Throws Refusal when it is none. */
export function parseBody(text: string): JsonObject {
  let value: Json
  try {
    value = JSON.parse(text)
  } catch {
    throw new Refusal('We could not parse the JSON body of your request.')
  }
  if (!isObject(value)) throw new Refusal('The JSON body of your request must be an object.')
  return value
}

/** A member that must be a string that is not empty. Throws Refusal. */
export function requiredString(body: JsonObject, member: string): string {
  const value = body[member]
  if (typeof value === 'string' && value !== '') return value
  throw new Refusal(`Missing or invalid required parameter: '${member}'.`, member)
}

/** A member that must be absent, null or a whole number from 1. Throws Refusal. */
export function optionalCount(body: JsonObject, member: string): number | undefined {
  const value = body[member] ?? undefined
  if (value === undefined || (typeof value === 'number' && Number.isInteger(value) && value >= 1)) return value
  throw new Refusal(`Invalid value for '${member}': expected an integer of at least 1.`, member)
}

/** A member that must be absent, null or a boolean. Throws Refusal. */
export function optionalFlag(body: JsonObject, member: string): boolean {
  const value = body[member] ?? false
  if (typeof value === 'boolean') return value
  throw new Refusal(`Invalid value for '${member}': expected a boolean.`, member)
}

/** The turns, each an object with one of the `roles`; at least one. Throws Refusal. */
export function requiredTurns(body: JsonObject, roles: readonly string[]): readonly JsonObject[] {
  const turns = body.messages
  if (!Array.isArray(turns) || turns.length === 0) {
    throw new Refusal("Missing or invalid required parameter: 'messages'.", 'messages')
  }
  return turns.map((turn: Json, index) => {
    if (isObject(turn) && typeof turn.role === 'string' && roles.includes(turn.role)) return turn
    throw new Refusal(`messages.${index}: expected an object with a role of ${roles.join(', ')}.`, 'messages')
  })
}

/** All text of a content member: a string, or the `text` of its parts, tool results included. */
export function textOf(content: Json | undefined): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content.map(partText).join('')
}

function partText(part: Json): string {
  if (!isObject(part)) return ''
  return typeof part.text === 'string' ? part.text : textOf(part.content)
}

/** A `stop` member in any of its forms. Throws Refusal. */
export function stopSequences(value: Json | undefined, member: string): readonly string[] {
  const list = typeof value === 'string' ? [value] : (value ?? [])
  if (Array.isArray(list) && list.every(sequence => typeof sequence === 'string')) {
    return list.filter(sequence => sequence !== '')
  }
  throw new Refusal(`Invalid value for '${member}': expected strings.`, member)
}
