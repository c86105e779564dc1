import type { Block } from './block.ts'
import type { Event } from './event.ts'
import type { Result, Usage } from './result.ts'

/**
 * The events of a stream that would have given this answer, each block in one piece, so that a whole answer can be
 * streamed. Collecting them gives the result back. The input's usage is in the start event, as Anthropic has it.
 */
export function replay(result: Result): Event[] {
  const { id, model, created, outputs, usage, extra } = result
  const events: Event[] = [
    {
      type: 'start',
      id,
      model,
      ...(created !== undefined && { created }),
      ...(usage !== undefined && { usage: inputOnly(usage) }),
      ...(extra !== undefined && { extra }),
    },
  ]
  outputs.forEach((answer, output) => {
    answer.blocks.forEach((content, block) => {
      events.push(...blockEvents(content, output, block))
    })
    events.push({
      type: 'finish',
      output,
      finish: answer.finish,
      ...(answer.extra !== undefined && { extra: answer.extra }),
    })
  })
  events.push({ type: 'end', ...(usage !== undefined && { usage }) })
  return events
}

function inputOnly(usage: Usage): Usage {
  return {
    input: usage.input,
    output: 0,
    ...(usage.cacheRead !== undefined && { cacheRead: usage.cacheRead }),
    ...(usage.cacheWrite !== undefined && { cacheWrite: usage.cacheWrite }),
  }
}

function blockEvents(content: Block, output: number, block: number): Event[] {
  const at = { output, block }
  const close: Event = { type: 'block-close', ...at }
  switch (content.type) {
    case 'text':
      return [
        { type: 'block-open', ...at, content: { ...content, text: '' } },
        { type: 'delta', ...at, text: content.text },
        close,
      ]
    case 'tool-call':
      return [
        { type: 'block-open', ...at, content: { ...content, arguments: '' } },
        { type: 'delta', ...at, arguments: content.arguments },
        close,
      ]
    case 'reasoning': {
      const { signature, ...unsigned } = content
      const events: Event[] = [{ type: 'block-open', ...at, content: { ...unsigned, text: '' } }]
      if (content.text !== '') events.push({ type: 'delta', ...at, text: content.text })
      if (signature !== undefined) events.push({ type: 'delta', ...at, signature })
      return [...events, close]
    }
    default:
      return [{ type: 'block-open', ...at, content }, close]
  }
}
