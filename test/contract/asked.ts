import assert from 'node:assert/strict'
import type { DialectName } from './recordings.ts'
import { type ToolCall, text, type Wire, wire, wires } from './said.ts'

/** What a request asks, whatever its format: what the client sent and what the vendor saw have to be the same. */
export interface Asked {
  readonly system: readonly string[]
  /** Texts with who says them, in order; blank ones left out. */
  readonly turns: readonly string[]
  readonly calls: readonly ToolCall[]
  readonly results: readonly { readonly id: string; readonly text: string }[]
  /** Addresses, or data in base64. */
  readonly images: readonly string[]
  readonly tools: readonly { readonly name: string; readonly description: string; readonly parameters: unknown }[]
  readonly choice: string
  readonly limit: unknown
  readonly stop: readonly unknown[]
  readonly temperature: unknown
  readonly schema: unknown
  readonly stream: boolean
}

/** The default of the gateway where Anthropic needs a limit and the client gives none. */
const DEFAULT_LIMIT = 4096

/** Reads a request of the dialect. A request that no vendor of it could take (an unknown role, a call without its id) fails. */
export function askedBy(dialect: DialectName, body: Wire): Asked {
  return dialect === 'openai-chat' ? askedByChat(body) : askedByMessages(body)
}

function askedByChat(body: Wire): Asked {
  const messages = wires(body.messages)
  assert.ok(messages.length > 0, 'a request has messages')
  for (const { role } of messages) assert.match(text(role), /^(system|developer|user|assistant|tool)$/)
  const spoken = messages.filter(({ role }) => role === 'user' || role === 'assistant')
  const calls = messages.flatMap(message => wires(message.tool_calls))
  for (const call of calls) assert.equal(call.type, 'function')
  const format = wire(body.response_format)
  return {
    system: messages.filter(isSystem).flatMap(textsOf),
    turns: spoken.flatMap(message => textsOf(message).map(said => `${message.role}: ${said}`)),
    calls: calls.map(({ id, function: inner }) => {
      const { name, arguments: json } = wire(inner)
      return { id: text(id), name: text(name), arguments: JSON.parse(text(json)) }
    }),
    results: messages
      .filter(({ role }) => role === 'tool')
      .map(message => ({ id: text(message.tool_call_id), text: textsOf(message).join('') })),
    images: messages.flatMap(({ content }) => wires(content).flatMap(imageOfChat)),
    tools: wires(body.tools).map(tool => {
      assert.equal(tool.type, 'function')
      const { name, description, parameters } = wire(tool.function)
      return { name: text(name), description: text(description), parameters }
    }),
    choice: choiceOfChat(body.tool_choice),
    limit: body.max_completion_tokens ?? body.max_tokens ?? DEFAULT_LIMIT,
    stop: typeof body.stop === 'string' ? [body.stop] : listOf(body.stop),
    temperature: body.temperature,
    schema: wire(format.json_schema).schema,
    stream: body.stream === true,
  }
}

function isSystem({ role }: Wire): boolean {
  return role === 'system' || role === 'developer'
}

/** The texts of a content, be it a string, a list or null; blank ones left out. */
function textsOf({ content }: Wire): string[] {
  const parts = typeof content === 'string' ? [content] : wires(content).map(part => text(part.text))
  return parts.filter(part => part.trim() !== '')
}

function imageOfChat(part: Wire): string[] {
  if (part.type !== 'image_url') return []
  const url = text(wire(part.image_url).url)
  return [url.startsWith('data:') ? url.slice(url.indexOf(',') + 1) : url]
}

function choiceOfChat(choice: unknown): string {
  return typeof choice === 'string' ? choice : text(wire(wire(choice).function).name)
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function askedByMessages(body: Wire): Asked {
  const messages = wires(body.messages)
  assert.ok(messages.length > 0, 'a request has messages')
  for (const { role } of messages) assert.match(text(role), /^(user|assistant)$/)
  assert.ok(Number.isInteger(body.max_tokens), 'a limit is required')
  const blocks = messages.flatMap(({ content }) => wires(content))
  const thinking = wire(body.thinking)
  if (thinking.type === 'enabled') assert.ok(Number(thinking.budget_tokens) < Number(body.max_tokens))
  for (const message of messages) checkContent(message)
  return {
    system: textsOf({ content: body.system }),
    turns: messages.flatMap(message => textsOf(message).map(said => `${message.role}: ${said}`)),
    calls: blocks
      .filter(({ type }) => type === 'tool_use')
      .map(({ id, name, input }) => ({ id: text(id), name: text(name), arguments: wire(input) })),
    results: blocks
      .filter(({ type }) => type === 'tool_result')
      .map(block => ({ id: text(block.tool_use_id), text: textsOf(block).join('') })),
    images: blocks
      .filter(({ type }) => type === 'image')
      .map(({ source }) => text(wire(source).url) || text(wire(source).data)),
    tools: wires(body.tools).map(({ name, description, input_schema }) => {
      assert.equal(wire(input_schema).type, 'object')
      return { name: text(name), description: text(description), parameters: input_schema }
    }),
    choice: choiceOfMessages(wire(body.tool_choice)),
    limit: body.max_tokens,
    stop: listOf(body.stop_sequences),
    temperature: body.temperature,
    schema: wire(wire(body.output_config).format).schema,
    stream: body.stream === true,
  }
}

/** Anthropic refuses messages without content, blank texts, and results that do not open their message. */
function checkContent({ content }: Wire): void {
  if (typeof content === 'string') assert.notEqual(content.trim(), '')
  else assert.ok(Array.isArray(content) && content.length > 0, 'a message has content')
  for (const block of wires(content)) {
    assert.match(text(block.type), /^(text|image|document|tool_use|tool_result|thinking|redacted_thinking)$/)
    if (block.type === 'text') assert.notEqual(text(block.text).trim(), '')
  }
}

function choiceOfMessages({ type, name }: Wire): string {
  return type === 'any' ? 'required' : text(name) || text(type)
}
