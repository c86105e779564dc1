import { type Counts, type Said, text, tokens, type Wire, wire, wires } from './said.ts'

/** What an answer of Bedrock's Converse says; it names neither itself nor its model. Tools of the vendor's own are left out. */
export function saidByConverse(answer: Wire): Said {
  const content = wires(wire(wire(answer.output).message).content)
  const calls = content
    .map(({ toolUse }) => wire(toolUse))
    .filter(call => 'toolUseId' in call && call.type !== 'server_tool_use')
  const said = {
    text: content.map(block => text(block.text)).join(''),
    refusal: '',
    thought: content.map(block => text(reasoningText(block).text)).join(''),
    proofs: content.map(proofOf).filter(proof => proof !== ''),
    calls: calls.map(call => ({ id: text(call.toolUseId), name: text(call.name), arguments: call.input })),
    finish: text(answer.stopReason) || null,
  }
  return { id: '', model: '', answers: [said], usage: countsOf(answer.usage) }
}

function reasoningText({ reasoningContent }: Wire): Wire {
  return wire(wire(reasoningContent).reasoningText)
}

function proofOf(block: Wire): string {
  const sealed = wire(block.reasoningContent).redactedContent
  return sealed === undefined ? text(reasoningText(block).signature) : base64(sealed)
}

/** The official client gives bytes, the wire has their base64. */
function base64(value: unknown): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : text(value)
}

function countsOf(report: unknown): Counts | undefined {
  if (typeof report !== 'object' || report === null) return undefined
  const usage = wire(report)
  const cacheRead = tokens(usage.cacheReadInputTokens)
  const cacheWrite = tokens(usage.cacheWriteInputTokens)
  return {
    input: tokens(usage.inputTokens) + cacheRead + cacheWrite,
    output: tokens(usage.outputTokens),
    cacheRead,
    cacheWrite,
    reasoning: 0,
  }
}

/** The answer that the events of a stream add up to. */
export function converseOf(events: readonly Wire[]): Wire {
  const content: Record<string, unknown>[] = []
  let stopReason: unknown
  let usage: unknown
  for (const event of events) {
    const start = wire(event.contentBlockStart)
    const delta = wire(event.contentBlockDelta)
    if (event.contentBlockStart !== undefined) content[tokens(start.contentBlockIndex)] = { ...wire(start.start) }
    if (event.contentBlockDelta !== undefined) {
      const at = tokens(delta.contentBlockIndex)
      content[at] = grown(content[at] ?? {}, wire(delta.delta))
    }
    stopReason = wire(event.messageStop).stopReason ?? stopReason
    usage = wire(event.metadata).usage ?? usage
  }
  return { output: { message: { content: content.map(parseInput) } }, stopReason, usage }
}

function grown(block: Wire, delta: Wire): Record<string, unknown> {
  const { toolUse, reasoningContent } = delta
  if (toolUse !== undefined) {
    const known = wire(block.toolUse)
    return { toolUse: { ...known, input: text(known.input) + text(wire(toolUse).input) } }
  }
  if (reasoningContent === undefined) return { ...block, text: text(block.text) + text(delta.text) }
  const piece = wire(reasoningContent)
  if (piece.redactedContent !== undefined) return { reasoningContent: piece }
  const known = reasoningText(block)
  const reasoning = {
    text: text(known.text) + text(piece.text),
    signature: text(known.signature) + text(piece.signature),
  }
  return { reasoningContent: { reasoningText: reasoning } }
}

function parseInput(block: Wire): Wire {
  const { toolUse } = block
  if (toolUse === undefined) return block
  const { input } = wire(toolUse)
  return { toolUse: { ...wire(toolUse), input: text(input) === '' ? {} : JSON.parse(text(input)) } }
}
