import { type Counts, type Said, type ToolCall, text, tokens, type Wire, wire, wires } from './said.ts'

/** What a message of the Messages API says. Blocks of other types (server tools) are no part of the comparison. */
export function saidByMessage(message: Wire): Said {
  const content = wires(message.content)
  const answer = {
    text: content.map(block => (block.type === 'text' ? text(block.text) : '')).join(''),
    refusal: '',
    thought: content.map(block => (block.type === 'thinking' ? text(block.thinking) : '')).join(''),
    proofs: content
      .filter(({ type }) => type === 'redacted_thinking' || type === 'thinking')
      .map(block => text(block.data ?? block.signature))
      .filter(proof => proof !== ''),
    calls: content.filter(block => block.type === 'tool_use').map(callOf),
    finish: text(message.stop_reason) || null,
  }
  return { id: text(message.id), model: text(message.model), answers: [answer], usage: countsOf(wire(message.usage)) }
}

function callOf({ id, name, input }: Wire): ToolCall {
  return { id: text(id), name: text(name), arguments: input }
}

function countsOf(usage: Wire): Counts {
  const cacheRead = tokens(usage.cache_read_input_tokens)
  const cacheWrite = tokens(usage.cache_creation_input_tokens)
  return {
    input: tokens(usage.input_tokens) + cacheRead + cacheWrite,
    output: tokens(usage.output_tokens),
    cacheRead,
    cacheWrite,
    reasoning: tokens(wire(usage.output_tokens_details).thinking_tokens),
  }
}

/** The message that the events of a stream add up to. */
export function messageOf(events: readonly Wire[]): Wire {
  let message: Record<string, unknown> = {}
  const content: Record<string, unknown>[] = []
  const inputs: string[] = []
  for (const event of events) {
    const index = tokens(event.index)
    const delta = wire(event.delta)
    if (event.type === 'message_start') message = { ...wire(event.message) }
    if (event.type === 'content_block_start') content[index] = { ...wire(event.content_block) }
    if (event.type === 'content_block_delta') {
      grow(content[index] ?? {}, delta)
      inputs[index] = (inputs[index] ?? '') + text(delta.partial_json)
    }
    if (event.type === 'message_delta') {
      const told = Object.entries(wire(event.usage)).filter(([, count]) => count !== null)
      message = { ...message, ...delta, usage: { ...wire(message.usage), ...Object.fromEntries(told) } }
    }
  }
  const whole = content.map((block, index) => (inputs[index] ? { ...block, input: JSON.parse(inputs[index]) } : block))
  return { ...message, content: whole }
}

function grow(block: Record<string, unknown>, delta: Wire): void {
  if (delta.type === 'text_delta') block.text = text(block.text) + text(delta.text)
  if (delta.type === 'thinking_delta') block.thinking = text(block.thinking) + text(delta.thinking)
  if (delta.type === 'signature_delta') block.signature = text(block.signature) + text(delta.signature)
}
