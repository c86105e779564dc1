import assert from 'node:assert/strict'
import { type Asked, listOf, textsOf, turnsOf } from './asked.ts'
import { text, type Wire, wire, wires } from './said.ts'

const CHOICES: Readonly<Record<string, string>> = { AUTO: 'auto', NONE: 'none', ANY: 'required' }

/** What a request for `generateContent` asks. */
export function askedByGemini(body: Wire): Asked {
  const contents = wires(body.contents)
  assert.ok(contents.length > 0, 'a request has contents')
  const parts = contents.flatMap(({ parts: own }) => partsOf(own))
  const config = wire(body.generationConfig)
  return {
    system: textsOf(partsOf(wire(body.systemInstruction ?? body.system_instruction).parts)).join('\n'),
    turns: turnsOf(
      contents.map(({ role, parts: own }) => ({
        role: role === 'model' ? 'assistant' : 'user',
        texts: textsOf(partsOf(own).filter(({ thought }) => thought !== true)),
      })),
    ),
    calls: parts
      .filter(({ functionCall }) => functionCall !== undefined)
      .map(({ functionCall }) => {
        const { id, name, args } = wire(functionCall)
        return { id: text(id), name: text(name), arguments: wire(args) }
      }),
    results: parts
      .filter(({ functionResponse }) => functionResponse !== undefined)
      .map(({ functionResponse }) => resultOf(wire(functionResponse))),
    images: parts.flatMap(imageOf),
    tools: wires(body.tools)
      .flatMap(({ functionDeclarations, function_declarations }) =>
        wires(functionDeclarations ?? function_declarations),
      )
      .map(({ name, description, parameters, parametersJsonSchema }) => ({
        name: text(name),
        description: text(description),
        parameters: parametersJsonSchema ?? parameters,
      })),
    choice: choiceOf(wire(wire(body.toolConfig).functionCallingConfig)),
    limit: config.maxOutputTokens ?? undefined,
    stop: listOf(config.stopSequences),
    temperature: config.temperature ?? undefined,
    schema: config.responseJsonSchema ?? config.responseSchema ?? undefined,
  }
}

/** A single part may stand without its list. */
function partsOf(parts: unknown): Wire[] {
  return Array.isArray(parts) ? wires(parts) : [wire(parts)]
}

function resultOf({ id, response }: Wire): Asked['results'][number] {
  const [only, ...more] = Object.values(wire(response))
  const isWrapped = more.length === 0 && typeof only === 'string'
  return { id: text(id), text: isWrapped ? only : JSON.stringify(response) }
}

function imageOf(part: Wire): string[] {
  const inline = wire(part.inlineData ?? part.inline_data)
  const file = wire(part.fileData ?? part.file_data)
  const type = text(inline.mimeType ?? inline.mime_type ?? file.mimeType ?? file.mime_type)
  return type.startsWith('image/') ? [text(inline.data) || text(file.fileUri ?? file.file_uri)] : []
}

function choiceOf({ mode, allowedFunctionNames }: Wire): string {
  const [only, ...more] = listOf(allowedFunctionNames)
  return typeof only === 'string' && more.length === 0 ? only : (CHOICES[text(mode)] ?? '')
}
