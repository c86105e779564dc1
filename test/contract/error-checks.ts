import assert from 'node:assert/strict'
import type { Exchange } from './exchange.ts'
import type { DialectName, Recording } from './recordings.ts'
import { text, wire } from './said.ts'

const REFUSED_KEY = "The provider refused the gateway's own key; the operator must mend it."

/** The vendor refuses the gateway's key: not the caller's fault, and none of its business. */
export function isKeyRefusal({ status }: Recording): boolean {
  return status === 401 || status === 403
}

/** The error classes of the official clients, by status; `InternalServerError` for the rest from 500. */
const CLASSES: Readonly<Record<DialectName, Readonly<Record<number, string>>>> = {
  'openai-chat': { 400: 'BadRequestError', 404: 'NotFoundError', 429: 'RateLimitError' },
  anthropic: {
    400: 'BadRequestError',
    404: 'NotFoundError',
    429: 'RateLimitError',
    503: 'ServiceUnavailableError',
    529: 'OverloadedError',
  },
}

/** The words for errors in both dialects, by status; the last one for the rest. */
const TYPES: Readonly<Record<DialectName, readonly [Readonly<Record<number, string>>, string]>> = {
  'openai-chat': [
    { 400: 'invalid_request_error', 404: 'invalid_request_error', 429: 'rate_limit_error' },
    'server_error',
  ],
  anthropic: [
    {
      400: 'invalid_request_error',
      404: 'not_found_error',
      429: 'rate_limit_error',
      503: 'overloaded_error',
      529: 'overloaded_error',
    },
    'api_error',
  ],
}

/** An error answer is an error of the client's own class, with the vendor's status and words; its bytes on the pass lane. */
export function checkRefusal({ recording, client, lane, heard }: Exchange): void {
  const { error, received } = heard
  const ours = isKeyRefusal(recording)
  const told = ours ? REFUSED_KEY : text(wire(wire(JSON.parse(recording.body)).error).message)
  const status = ours ? 502 : recording.status
  assert.equal(error?.status, status)
  assert.equal(error?.class, CLASSES[client][status] ?? 'InternalServerError')
  const { error: shape, type } = wire(JSON.parse(received))
  assert.equal(wire(shape).message, told)
  // Anthropic's client quotes the JSON, OpenAI's the sentence in it.
  assert.ok(error?.message.includes(client === 'anthropic' ? JSON.stringify(told) : told), error?.message)
  if (client === 'anthropic') assert.equal(type, 'error')
  if (status === 429) assert.match(heard.headers.get('retry-after') ?? '', /^\d+$/)
  const [types, otherType] = TYPES[client]
  if (ours || lane === 'translate') assert.equal(wire(shape).type, types[status] ?? otherType)
  else assert.equal(received, recording.body)
}

/** An error inside a stream is an error of the client's, not a short answer; the request counts as failed. */
export function checkBroken(message: string, { heard: { error, said }, line }: Exchange): void {
  assert.equal(said, undefined)
  assert.ok(error?.message.includes(message), error?.message)
  assert.equal(line.status, 200)
  assert.ok(line.failure, 'counted as failed')
}
