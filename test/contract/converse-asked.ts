import assert from 'node:assert/strict'
import { type Asked, listOf, textsOf, turnsOf } from './asked.ts'
import { text, type Wire, wire, wires } from './said.ts'

/** What a request of Bedrock's Converse asks. */
export function askedByConverse(body: Wire): Asked {
  const messages = wires(body.messages)
  assert.ok(messages.length > 0, 'a request has messages')
  for (const { role, content } of messages) {
    assert.match(text(role), /^(user|assistant)$/)
    assert.ok(wires(content).length > 0, 'a message has content')
  }
  const blocks = messages.flatMap(({ content }) => wires(content))
  const config = wire(body.inferenceConfig)
  const toolConfig = wire(body.toolConfig)
  return {
    system: textsOf(body.system).join('\n'),
    turns: turnsOf(messages.map(({ role, content }) => ({ role: text(role), texts: textsOf(content) }))),
    calls: blocks
      .filter(({ toolUse }) => toolUse !== undefined)
      .map(({ toolUse }) => {
        const { toolUseId, name, input } = wire(toolUse)
        assert.match(text(toolUseId), /^[\w-]{1,64}$/)
        return { id: text(toolUseId), name: text(name), arguments: input }
      }),
    results: blocks
      .filter(({ toolResult }) => toolResult !== undefined)
      .map(({ toolResult }) => {
        const { toolUseId, content } = wire(toolResult)
        return { id: text(toolUseId), text: wires(content).map(pieceOf).join('') }
      }),
    images: blocks.filter(({ image }) => image !== undefined).map(({ image }) => text(wire(wire(image).source).bytes)),
    tools: wires(toolConfig.tools)
      .filter(({ toolSpec }) => toolSpec !== undefined)
      .map(({ toolSpec }) => {
        const { name, description, inputSchema } = wire(toolSpec)
        return { name: text(name), description: text(description), parameters: wire(inputSchema).json }
      }),
    choice: choiceOf(wire(toolConfig.toolChoice)),
    limit: config.maxTokens ?? undefined,
    stop: listOf(config.stopSequences),
    temperature: config.temperature ?? undefined,
    schema: schemaOf(wire(wire(wire(body.outputConfig).textFormat).structure)),
  }
}

function pieceOf({ text: plain, json }: Wire): string {
  // Bedrock refuses blank texts: an empty result is an empty object.
  return json === undefined ? text(plain) : JSON.stringify(json).replace(/^\{\}$/, '')
}

function choiceOf({ auto, any, tool }: Wire): string {
  if (tool !== undefined) return text(wire(tool).name)
  return any === undefined ? (auto === undefined ? '' : 'auto') : 'required'
}

function schemaOf({ jsonSchema }: Wire): unknown {
  const { schema } = wire(jsonSchema)
  return typeof schema === 'string' ? JSON.parse(schema) : schema
}
