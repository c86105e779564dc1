import { type Prompt, Refusal, type SimulatedTool } from './prompt.ts'
import { sampleArguments } from './sample.ts'

/** What the simulated model says, before it is put into a dialect. */
export interface Reply {
  readonly text: string
  readonly tool: { readonly name: string; readonly arguments: string } | undefined
  readonly finish: 'stop' | 'length' | 'stop-sequence' | 'tool'
  /** The stop sequence that was met. */
  readonly sequence: string | undefined
  readonly inputTokens: number
  readonly outputTokens: number
}

/** The usual rule of thumb for English. */
const CHARACTERS_PER_TOKEN = 4
/** So much of the user's text is repeated: an answer should not be as long as a book. */
const MAX_ECHO = 4000
/** Shorter words of a tool's name (`get`, `set`, `for`) say nothing about whether it is meant. */
const TELLING_WORD = 4

/** The answer to a prompt: always the same for the same prompt. Throws Refusal for a tool choice that names no tool. */
export function composeReply(prompt: Prompt): Reply {
  const inputTokens = tokens(prompt.inputLength)
  const tool = chooseTool(prompt)
  if (tool === undefined) return { ...cut(sayText(prompt), prompt), tool: undefined, inputTokens }
  const call = { name: tool.name, arguments: JSON.stringify(sampleArguments(tool.schema, prompt.userText)) }
  const outputTokens = tokens(call.name.length + call.arguments.length)
  if (outputTokens > (prompt.maxTokens ?? Infinity)) {
    return { ...cut(`Calling ${call.name} with ${call.arguments}`, prompt), tool: undefined, inputTokens }
  }
  return { text: '', tool: call, finish: 'tool', sequence: undefined, inputTokens, outputTokens }
}

/** The text in the pieces in which a stream sends it: words, each with the space before it. Joined they are the text. */
export function words(text: string): string[] {
  return text.match(/\s*\S+|\s+$/g) ?? []
}

function sayText({ model, userText, toolResult }: Prompt): string {
  const greeting = `Hello! This is the Sluice simulator, answering as ${model}.`
  if (toolResult !== undefined) return `${greeting} The tool answered: "${shorten(toolResult, MAX_ECHO)}"`
  if (userText === '') return `${greeting} Say something, and I will repeat it.`
  return `${greeting} You said: "${shorten(userText, MAX_ECHO)}"`
}

function chooseTool(prompt: Prompt): SimulatedTool | undefined {
  const { tools, toolChoice, userText, toolResult } = prompt
  if (toolChoice === 'none') return undefined
  if (typeof toolChoice === 'object') {
    const named = tools.find(tool => tool.name === toolChoice.name)
    if (named === undefined) throw new Refusal(`Tool choice '${toolChoice.name}' not found in 'tools'.`, 'tool_choice')
    return named
  }
  const asked = tools.find(tool => isAskedFor(tool, userText))
  if (toolChoice === 'any') return asked ?? tools[0]
  return toolResult === undefined ? asked : undefined
}

/** Whether a text speaks of a tool: holds its name, or every telling word of it. */
function isAskedFor({ name }: SimulatedTool, userText: string): boolean {
  const text = userText.toLowerCase()
  const telling = name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter(word => word.length >= TELLING_WORD)
  return text.includes(name.toLowerCase()) || (telling.length > 0 && telling.every(word => text.includes(word)))
}

function cut(text: string, prompt: Prompt): Pick<Reply, 'text' | 'finish' | 'sequence' | 'outputTokens'> {
  const met = prompt.stop
    .map(sequence => ({ sequence, at: text.indexOf(sequence) }))
    .filter(({ at }) => at >= 0)
    .sort((one, other) => one.at - other.at)[0]
  const end = met?.at ?? text.length
  const limit = (prompt.maxTokens ?? Infinity) * CHARACTERS_PER_TOKEN
  if (limit < end) {
    return { text: shorten(text, limit), finish: 'length', sequence: undefined, outputTokens: prompt.maxTokens ?? 0 }
  }
  const finish = met === undefined ? 'stop' : 'stop-sequence'
  return { text: text.slice(0, end), finish, sequence: met?.sequence, outputTokens: tokens(end) }
}

/** The first `length` UTF-16 units, without half a character at the end. */
function shorten(text: string, length: number): string {
  return text.slice(0, length).replace(/[\uD800-\uDBFF]$/, '')
}

function tokens(characters: number): number {
  return Math.ceil(characters / CHARACTERS_PER_TOKEN)
}
