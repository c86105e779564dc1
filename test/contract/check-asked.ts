import assert from 'node:assert/strict'
import type { Loss } from '../../src/call/loss.ts'
import type { Asked } from './asked.ts'
import { askedByChat } from './chat-asked.ts'
import { askedByConverse } from './converse-asked.ts'
import { askedByGemini } from './gemini-asked.ts'
import { askedByMessages } from './messages-asked.ts'
import type { DialectName } from './recordings.ts'
import { askedByResponses } from './responses-asked.ts'
import type { Wire } from './said.ts'

/** Each throws on a request that no vendor of the dialect could take (an unknown role, a call without its id). */
const READERS: Readonly<Record<DialectName, (body: Wire) => Asked>> = {
  'openai-chat': askedByChat,
  'openai-responses': askedByResponses,
  anthropic: askedByMessages,
  gemini: askedByGemini,
  bedrock: askedByConverse,
}

/** Where a loss has to be told when a member of Asked did not arrive as it was sent. */
const PLACES: Readonly<Record<keyof Asked, RegExp>> = {
  system: /^(messages|input|contents|system|instructions)/,
  turns: /^(messages|input|contents)/,
  calls: /^(messages|input|contents)/,
  results: /^(messages|input|contents)/,
  images: /^(messages|input|contents)/,
  tools: /^(tools|toolConfig|messages|input)/,
  choice: /^(tool_choice|toolConfig|tools)/,
  limit: /^(max|inferenceConfig|generationConfig|thinking)/,
  stop: /^(stop|inferenceConfig|generationConfig)/,
  temperature: /^(temperature|inferenceConfig|generationConfig)/,
  schema: /^(response_format|text|output|generationConfig|tools)/,
}

/** The vendor was asked what the client asked; what differs was told as a loss. */
export function checkAsked(
  client: { readonly dialect: DialectName; readonly body: Wire },
  vendor: { readonly dialect: DialectName; readonly body: Wire },
  losses: readonly Loss[],
): void {
  const sent = READERS[client.dialect](client.body)
  const seen = READERS[vendor.dialect](vendor.body)
  for (const member of Object.keys(PLACES) as (keyof Asked)[]) {
    const [was, is] = [comparable(sent, member, seen), comparable(seen, member, sent)]
    if (losses.some(({ path }) => PLACES[member].test(path))) continue
    assert.deepEqual(is, was, `${member} of the request`)
  }
}

/** The member as far as the other side can say it, too. */
function comparable(asked: Asked, member: keyof Asked, other: Asked): unknown {
  switch (member) {
    case 'limit':
      return asked.limit === undefined || other.limit === undefined ? undefined : asked.limit
    case 'calls':
    case 'results':
      return asked[member].map((item, at) => ({ ...item, id: other[member][at]?.id === '' ? '' : item.id }))
    case 'tools':
      return asked.tools.map(({ name, description, parameters }) => ({ name, description, ...names(parameters) }))
    case 'choice':
      return asked.choice === 'auto' ? '' : asked.choice
    case 'schema':
      return asked.schema === undefined ? undefined : names(asked.schema)
    default:
      return asked[member]
  }
}

/** Schemas are cleaned for vendors that take a part of JSON Schema only; the names of the members stay. */
function names(schema: unknown): { readonly properties: readonly string[] } {
  const properties = (schema as { properties?: object } | undefined)?.properties ?? {}
  return { properties: Object.keys(properties).toSorted() }
}
