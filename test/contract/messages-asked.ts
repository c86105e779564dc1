import assert from 'node:assert/strict'
import { type Asked, listOf, textsOf, turnsOf } from './asked.ts'
import { text, type Wire, wire, wires } from './said.ts'

/** What a request of the Messages API asks. */
export function askedByMessages(body: Wire): Asked {
  const messages = wires(body.messages)
  assert.ok(messages.length > 0, 'a request has messages')
  for (const { role } of messages) assert.match(text(role), /^(user|assistant)$/)
  assert.ok(Number.isInteger(body.max_tokens), 'a limit is required')
  const blocks = messages.flatMap(({ content }) => wires(content))
  const thinking = wire(body.thinking)
  if (thinking.type === 'enabled') assert.ok(Number(thinking.budget_tokens) < Number(body.max_tokens))
  for (const message of messages) checkContent(message)
  return {
    system: textsOf(body.system).join('\n'),
    turns: turnsOf(
      messages.map(({ role, content }) => ({
        role: text(role),
        texts: [...textsOf(content), ...documentsOf(content)],
      })),
    ),
    calls: blocks
      .filter(({ type }) => type === 'tool_use')
      .map(({ id, name, input }) => ({ id: text(id), name: text(name), arguments: wire(input) })),
    results: blocks
      .filter(({ type }) => type === 'tool_result')
      .map(block => ({ id: text(block.tool_use_id), text: textsOf(block.content).join('') })),
    images: blocks
      .filter(({ type }) => type === 'image')
      .map(({ source }) => text(wire(source).url) || text(wire(source).data)),
    tools: wires(body.tools)
      .filter(({ input_schema }) => input_schema !== undefined)
      .map(({ name, description, input_schema }) => {
        assert.equal(wire(input_schema).type, 'object')
        return { name: text(name), description: text(description), parameters: input_schema }
      }),
    choice: choiceOf(wire(body.tool_choice)),
    limit: body.max_tokens,
    stop: listOf(body.stop_sequences),
    temperature: body.temperature,
    schema: wire(wire(body.output_config).format).schema,
  }
}

/** Documents of plain text, which other vendors take as text. */
function documentsOf(content: unknown): string[] {
  const sources = wires(content).map(({ type, source }) => (type === 'document' ? wire(source) : {}))
  return sources.filter(({ type }) => type === 'text').map(({ data }) => text(data))
}

/** Anthropic refuses messages without content and blank texts. */
function checkContent({ content }: Wire): void {
  if (typeof content === 'string') assert.notEqual(content.trim(), '')
  else assert.ok(Array.isArray(content) && content.length > 0, 'a message has content')
  for (const block of wires(content)) {
    if (block.type === 'text') assert.notEqual(text(block.text).trim(), '')
  }
}

function choiceOf({ type, name }: Wire): string {
  return type === 'any' ? 'required' : text(name) || text(type)
}
