import { type Counts, type Said, type SaidAnswer, text, tokens, type Wire, wire, wires } from './said.ts'

/** What a chat completion says. */
export function saidByCompletion(completion: Wire): Said {
  return {
    id: text(completion.id),
    model: text(completion.model),
    answers: wires(completion.choices).map(saidByChoice),
    usage: countsOf(completion.usage),
  }
}

function saidByChoice(choice: Wire): SaidAnswer {
  const message = wire(choice.message)
  const parts = wires(message.content)
  const details = wires(message.reasoning_details)
  const plain = text(message.reasoning_content) || text(message.reasoning)
  const thoughts = parts.flatMap(part => wires(part.thinking))
  return {
    text: text(message.content) + parts.map(part => text(part.text)).join(''),
    refusal: text(message.refusal),
    thought: plain + thoughts.map(piece => text(piece.text)).join(''),
    proofs: [...details.filter(isProof).map(proofOf), ...wires(message.tool_calls).flatMap(googleProofOf)],
    calls: wires(message.tool_calls).map(call => {
      const { name, arguments: json } = wire(call.function)
      return { id: text(call.id), name: text(name), arguments: JSON.parse(text(json)) }
    }),
    finish: text(choice.finish_reason) || null,
  }
}

/** Google's OpenAI-compatible door has the signature beside the call that it belongs to. */
function googleProofOf(call: Wire): string[] {
  const signature = text(wire(wire(call.extra_content).google).thought_signature)
  return signature === '' ? [] : [signature]
}

function isProof(detail: Wire): boolean {
  return detail.type === 'reasoning.encrypted' || text(detail.signature) !== ''
}

function proofOf(detail: Wire): string {
  return detail.type === 'reasoning.encrypted' ? text(detail.data) : text(detail.signature)
}

function countsOf(report: unknown): Counts | undefined {
  if (typeof report !== 'object' || report === null) return undefined
  const usage = wire(report)
  const prompt = wire(usage.prompt_tokens_details)
  return {
    input: tokens(usage.prompt_tokens),
    output: tokens(usage.completion_tokens),
    cacheRead: tokens(prompt.cached_tokens ?? usage.prompt_cache_hit_tokens),
    cacheWrite: tokens(prompt.cache_write_tokens),
    reasoning: tokens(wire(usage.completion_tokens_details).reasoning_tokens),
  }
}

/**
 * The completion that the chunks of a stream add up to. Unlike the helper of the official client it also takes content in
 * parts (Mistral), calls without an index, and reasoning, whose members the helper replaces where they should grow.
 */
export function completionOf(chunks: readonly Wire[]): Wire {
  const choices: { index: number; message: Record<string, unknown>; finish_reason: unknown }[] = []
  let usage: unknown
  for (const chunk of chunks) {
    if (typeof chunk.usage === 'object' && chunk.usage !== null) usage = chunk.usage
    for (const { index, delta, finish_reason } of wires(chunk.choices)) {
      const at = tokens(index)
      choices[at] ??= { index: at, message: {}, finish_reason: null }
      grow(choices[at].message, wire(delta))
      choices[at].finish_reason ??= finish_reason
    }
  }
  const first = chunks.find(chunk => text(chunk.id) !== '') ?? {}
  return { id: first.id, model: first.model, choices, usage }
}

const STRINGS = ['content', 'refusal', 'reasoning_content', 'reasoning'] as const

function grow(message: Record<string, unknown>, delta: Wire): void {
  for (const name of STRINGS) {
    if (typeof delta[name] === 'string')
      message[name] = Array.isArray(message[name]) ? append(message, name, delta) : text(message[name]) + delta[name]
  }
  if (Array.isArray(delta.content)) message.content = [...partsOf(message.content), ...delta.content]
  for (const detail of wires(delta.reasoning_details)) growDetail(message, detail)
  for (const call of wires(delta.tool_calls)) growCall(message, call)
}

function append(message: Record<string, unknown>, name: string, delta: Wire): unknown {
  return [...partsOf(message[name]), { type: 'text', text: delta[name] }]
}

function partsOf(content: unknown): unknown[] {
  if (Array.isArray(content)) return content
  return typeof content === 'string' && content !== '' ? [{ type: 'text', text: content }] : []
}

/** Pieces of one detail share an index; a vendor that gives none sends each whole. */
function growDetail(message: Record<string, unknown>, piece: Wire): void {
  const details = wires(message.reasoning_details)
  const at = details.findIndex(({ index }) => index !== undefined && index === piece.index)
  const known = details[at]
  if (known === undefined) details.push(piece)
  else details[at] = { ...known, ...piece, text: text(known.text) + text(piece.text) }
  message.reasoning_details = details
}

function growCall(message: Record<string, unknown>, piece: Wire): void {
  const calls = wires(message.tool_calls)
  const at = typeof piece.index === 'number' ? piece.index : calls.findIndex(call => call.id === piece.id)
  const place = at < 0 ? calls.length : at
  const known = calls[place] ?? {}
  const before = wire(known.function)
  const now = wire(piece.function)
  const arguments_ = text(before.arguments) + text(now.arguments)
  calls[place] = {
    id: text(known.id) || piece.id,
    function: { name: text(before.name) || text(now.name), arguments: arguments_ },
    extra_content: known.extra_content ?? piece.extra_content,
  }
  message.tool_calls = calls
}
