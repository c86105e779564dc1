import { type Counts, type Said, text, tokens, type Wire, wire, wires } from './said.ts'

/** What a response of the Responses API says. Items of built-in tools are no part of the comparison. */
export function saidByResponse(response: Wire): Said {
  const items = wires(response.output)
  const parts = items.filter(({ type }) => type === 'message').flatMap(({ content }) => wires(content))
  const reasoning = items.filter(({ type }) => type === 'reasoning')
  const answer = {
    text: parts.map(part => (part.type === 'output_text' ? text(part.text) : '')).join(''),
    refusal: parts.map(part => text(part.refusal)).join(''),
    thought: reasoning.map(thoughtOf).join(''),
    proofs: reasoning.map(item => text(item.encrypted_content)).filter(proof => proof !== ''),
    calls: items
      .filter(({ type }) => type === 'function_call')
      .map(call => ({
        id: text(call.call_id),
        name: text(call.name),
        arguments: JSON.parse(text(call.arguments)),
      })),
    finish: text(wire(response.incomplete_details).reason) || text(response.status) || null,
  }
  return { id: text(response.id), model: text(response.model), answers: [answer], usage: countsOf(response.usage) }
}

/** The paragraphs of the summary, or the reasoning itself where a vendor shows it. */
function thoughtOf({ summary, content }: Wire): string {
  return [...wires(summary), ...wires(content)].map(part => text(part.text)).join('\n\n')
}

function countsOf(report: unknown): Counts | undefined {
  if (typeof report !== 'object' || report === null) return undefined
  const usage = wire(report)
  const input = wire(usage.input_tokens_details)
  return {
    input: tokens(usage.input_tokens),
    output: tokens(usage.output_tokens),
    cacheRead: tokens(input.cached_tokens),
    cacheWrite: tokens(input.cache_write_tokens),
    reasoning: tokens(wire(usage.output_tokens_details).reasoning_tokens),
  }
}

const LAST: ReadonlySet<unknown> = new Set(['response.completed', 'response.incomplete', 'response.failed'])

/**
 * The response that the events of a stream add up to: the last event holds it whole, and what the events before said of each item
 * has to be the same.
 */
export function responseOf(events: readonly Wire[]): Wire {
  const last = wire(events.find(({ type }) => LAST.has(type))?.response)
  const output = wires(last.output).map((item, index) => grownItem(item, events, index))
  return { ...last, output }
}

/** The item as its deltas told it; members that are not streamed as the last event has them. */
function grownItem(item: Wire, events: readonly Wire[], index: number): Wire {
  const own = events.filter(({ output_index }) => output_index === index)
  const deltas = (type: string, part?: number): string =>
    own
      .filter(event => event.type === type && (part === undefined || event.content_index === part))
      .map(({ delta }) => text(delta))
      .join('')
  if (item.type === 'function_call') return { ...item, arguments: deltas('response.function_call_arguments.delta') }
  if (item.type === 'reasoning') {
    // OpenAI seals it anew for each event that holds it; the one that ends the item counts.
    const done = wire(own.find(({ type }) => type === 'response.output_item.done')?.item)
    const sealed = done.encrypted_content ?? item.encrypted_content
    return { ...item, encrypted_content: sealed, summary: wires(item.summary).map(grownSummary(own)) }
  }
  if (item.type !== 'message') return item
  const content = wires(item.content).map((part, at) =>
    part.type === 'refusal'
      ? { ...part, refusal: deltas('response.refusal.delta', at) }
      : { ...part, text: deltas('response.output_text.delta', at) },
  )
  return { ...item, content }
}

/** Some vendors show the summary in the last event only. */
function grownSummary(own: readonly Wire[]): (part: Wire, at: number) => Wire {
  const pieces = own.filter(({ type }) => type === 'response.reasoning_summary_text.delta')
  return (part, at) => {
    const told = pieces.filter(({ summary_index }) => summary_index === at).map(({ delta }) => text(delta))
    return told.length === 0 ? part : { ...part, text: told.join('') }
  }
}
