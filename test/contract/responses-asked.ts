import assert from 'node:assert/strict'
import { type Asked, addressed, textsOf, turnsOf } from './asked.ts'
import { text, type Wire, wire, wires } from './said.ts'

/** What a request for a response asks. */
export function askedByResponses(body: Wire): Asked {
  const items = typeof body.input === 'string' ? [{ role: 'user', content: body.input }] : wires(body.input)
  const messages = items.filter(({ role }) => role !== undefined)
  for (const { role } of messages) assert.match(text(role), /^(system|developer|user|assistant)$/)
  const results = items.filter(({ type }) => type === 'function_call_output')
  return {
    system: [text(body.instructions), ...messages.filter(isSystem).flatMap(({ content }) => textsOf(content))]
      .filter(line => line.trim() !== '')
      .join('\n'),
    turns: turnsOf(
      messages
        .filter(message => !isSystem(message))
        .map(({ role, content }) => ({ role: text(role), texts: textsOf(content) })),
    ),
    calls: items
      .filter(({ type }) => type === 'function_call')
      .map(call => {
        assert.notEqual(text(call.call_id), '')
        return { id: text(call.call_id), name: text(call.name), arguments: JSON.parse(text(call.arguments)) }
      }),
    results: results.map(({ call_id, output }) => ({ id: text(call_id), text: textsOf(output).join('') })),
    images: [...messages.map(({ content }) => content), ...results.map(({ output }) => output)].flatMap(content =>
      wires(content)
        .filter(({ type }) => type === 'input_image')
        .map(({ image_url }) => addressed(text(image_url))),
    ),
    tools: wires(body.tools)
      .filter(({ type }) => type === 'function')
      .map(({ name, description, parameters }) => ({ name: text(name), description: text(description), parameters })),
    choice: typeof body.tool_choice === 'string' ? body.tool_choice : text(wire(body.tool_choice).name),
    limit: body.max_output_tokens ?? undefined,
    stop: [],
    temperature: body.temperature ?? undefined,
    schema: wire(wire(body.text).format).schema,
  }
}

function isSystem({ role }: Wire): boolean {
  return role === 'system' || role === 'developer'
}
