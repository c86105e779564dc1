import type { JsonObject } from '../../src/call/json.ts'
import { eventStreamOf } from './event-stream.ts'
import { text, wire } from './said.ts'

/**
 * Claude by Bedrock's InvokeModel speaks the Messages API (docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html)
 * in an envelope of AWS's. The gateway asks Bedrock by Converse alone; what its reader of messages has to bear is the content, so
 * the envelope is taken off here.
 */
export function isClaude(model: string): boolean {
  return model.includes('anthropic.')
}

/** The request without the member that is the version header elsewhere. */
export function messageRequest({ anthropic_version: _, ...request }: JsonObject): JsonObject {
  return request
}

/** The events in the framing of the Messages API; each came as base64 in a message of AWS's event stream. */
export function messageEvents(bytes: Buffer): Buffer {
  const events = eventStreamOf(bytes).map(message => {
    const data = Buffer.from(text(wire(wire(message).chunk).bytes), 'base64').toString('utf8')
    return `event: ${text(wire(JSON.parse(data)).type)}\ndata: ${data}\n\n`
  })
  return Buffer.from(events.join(''))
}
