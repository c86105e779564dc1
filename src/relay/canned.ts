import { replay } from '../call/replay.ts'
import type { Result } from '../call/result.ts'
import type { Envelope } from './envelope.ts'
import { ARRAY_HEADERS } from './json-array.ts'
import { framingOf } from './sse.ts'

/**
 * An answer with this text. Undefined where text is no valid answer: the call requires JSON or a tool call, or cannot be decoded.
 * `seconds` since 1970.
 */
export function cannedResult(words: string, envelope: Envelope, id: string, seconds: number): Result | undefined {
  const call = envelope.read()
  if (call === undefined) return undefined
  const { format, toolChoice } = call
  if (format !== undefined && format.type !== 'text') return undefined
  if (toolChoice?.type === 'required' || toolChoice?.type === 'tool') return undefined
  return {
    id,
    model: envelope.model,
    created: seconds,
    outputs: [{ blocks: [{ type: 'text', text: words }], finish: { reason: 'stop' } }],
    usage: { input: 0, output: 0 },
  }
}

/** A result of our own in the form that the client requested: whole, or as the text of a stream. */
export function writeResult(result: Result, envelope: Envelope): { contentType: string; body: string | Buffer } {
  const { dialect } = envelope
  if (!envelope.stream) {
    return { contentType: 'application/json', body: JSON.stringify(dialect.writeResponse(result).body) }
  }
  const writer = dialect.eventWriter(envelope.decode())
  const frames = [...replay(result).flatMap(event => writer.push(event)), ...writer.end()]
  if (envelope.path?.array === true) {
    return { contentType: ARRAY_HEADERS['content-type'], body: `[${frames.map(({ data }) => data).join(',\n')}]` }
  }
  const { contentType, encode } = framingOf(dialect)
  return { contentType, body: encode(frames) }
}
