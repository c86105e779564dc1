import assert from 'node:assert/strict'
import { type Asked, addressed, listOf, textsOf, turnsOf } from './asked.ts'
import { text, type Wire, wire, wires } from './said.ts'

/** What a request for a chat completion asks. */
export function askedByChat(body: Wire): Asked {
  const messages = wires(body.messages)
  for (const { role } of messages) assert.match(text(role), /^(system|developer|user|assistant|tool)$/)
  const calls = messages.flatMap(message => wires(message.tool_calls))
  for (const call of calls) assert.equal(call.type, 'function')
  return {
    system: messages
      .filter(isSystem)
      .flatMap(({ content }) => textsOf(content))
      .join('\n'),
    turns: turnsOf(
      messages
        .filter(({ role }) => role === 'user' || role === 'assistant')
        .map(({ role, content }) => ({ role: text(role), texts: textsOf(content) })),
    ),
    calls: calls.map(({ id, function: inner }) => {
      const { name, arguments: json } = wire(inner)
      assert.notEqual(text(id), '')
      return { id: text(id), name: text(name), arguments: JSON.parse(text(json)) }
    }),
    results: messages
      .filter(({ role }) => role === 'tool')
      .map(message => ({ id: text(message.tool_call_id), text: textsOf(message.content).join('') })),
    images: messages.flatMap(({ content }) => wires(content).flatMap(imageOf)),
    tools: wires(body.tools)
      .filter(({ type }) => type === 'function')
      .map(tool => {
        const { name, description, parameters } = wire(tool.function)
        return { name: text(name), description: text(description), parameters }
      }),
    choice: choiceOf(body.tool_choice),
    limit: body.max_completion_tokens ?? body.max_tokens ?? undefined,
    stop: typeof body.stop === 'string' ? [body.stop] : listOf(body.stop),
    temperature: body.temperature ?? undefined,
    schema: wire(wire(body.response_format).json_schema).schema,
  }
}

function isSystem({ role }: Wire): boolean {
  return role === 'system' || role === 'developer'
}

function imageOf(part: Wire): string[] {
  return part.type === 'image_url' ? [addressed(text(wire(part.image_url).url))] : []
}

function choiceOf(choice: unknown): string {
  return typeof choice === 'string' ? choice : text(wire(wire(choice).function).name)
}
