import assert from 'node:assert/strict'
import type { Json } from '../../src/call/json.ts'
import type { Frame } from '../../src/dialects/dialect.ts'

/** JSON as it comes from the wire, looked into freely. */
type Wire = Record<string, unknown>

/** The frames of a recorded body; written independently of the splitter under test. */
export function framesOf(body: string): Frame[] {
  return body
    .split('\n')
    .filter(line => line.startsWith('data:'))
    .map(line => ({ data: line.slice('data:'.length) }))
}

/**
 * The message that a client puts together from a stream, as Anthropic's SDK does it, and strictly: a frame that no client
 * would expect at its place fails the test.
 */
export function accumulate(frames: readonly Frame[]): Record<string, Json> {
  let message: Wire = {}
  let started = false
  let over = false
  const inputs = new Map<unknown, string>()
  const open = new Set<unknown>()
  const content = (): Wire[] => message.content as Wire[]
  const contentOf = (index: unknown): Wire => content()[index as number] as Wire
  for (const frame of frames) {
    const event = JSON.parse(frame.data) as Wire
    if (frame.event !== undefined) assert.equal(frame.event, event.type)
    assert.equal(over, false, `${event.type} follows message_stop`)
    switch (event.type) {
      case 'ping':
        break
      case 'message_start':
        assert.equal(started, false, 'one message_start')
        started = true
        message = event.message as Wire
        break
      case 'content_block_start':
        assert.equal(event.index, content().length, 'indexes are consecutive')
        content().push(event.content_block as Wire)
        open.add(event.index)
        break
      case 'content_block_delta':
        assert.ok(open.has(event.index), 'the block of a delta is open')
        grow(contentOf(event.index), event.delta as Wire, event.index, inputs)
        break
      case 'content_block_stop':
        assert.ok(open.delete(event.index), 'the block of a stop is open')
        if (inputs.has(event.index)) contentOf(event.index).input = JSON.parse(inputs.get(event.index) ?? '')
        break
      case 'message_delta': {
        assert.equal(open.size, 0, 'all blocks are stopped before message_delta')
        const { type: _, delta, usage, ...beside } = event
        const counts = Object.entries(usage as Wire).filter(([, count]) => count !== null)
        Object.assign(message, delta, beside)
        Object.assign(message.usage as Wire, Object.fromEntries(counts))
        break
      }
      case 'message_stop':
        over = true
        break
      default:
        assert.fail(`${event.type} is no event of a message`)
    }
  }
  assert.ok(over, 'message_stop comes last')
  return message as Record<string, Json>
}

function grow(block: Wire, delta: Wire, index: unknown, inputs: Map<unknown, string>): void {
  switch (delta.type) {
    case 'text_delta':
      block.text = `${block.text}${delta.text}`
      break
    case 'thinking_delta':
      block.thinking = `${block.thinking}${delta.thinking}`
      break
    case 'signature_delta':
      block.signature = delta.signature
      break
    case 'citations_delta':
      block.citations = [...((block.citations as unknown[] | undefined) ?? []), delta.citation]
      break
    case 'input_json_delta':
      if (delta.partial_json !== '') inputs.set(index, `${inputs.get(index) ?? ''}${delta.partial_json}`)
      break
    default:
      assert.fail(`${delta.type} is no delta of a message`)
  }
}
