import assert from 'node:assert/strict'
import type { Exchange } from './exchange.ts'
import type { DialectName, Recording } from './recordings.ts'
import { text, type Wire, wire } from './said.ts'

const REFUSED_KEY = "The provider refused the gateway's own key; the operator must mend it."

/** The vendor refuses the gateway's key: not the caller's fault, and none of its business. */
export function isKeyRefusal({ status, body }: Recording): boolean {
  return status === 401 || status === 403 || (status === 400 && body.includes('API_KEY_INVALID'))
}

/** How errors stand in a dialect: the client's class by status (the last one for the rest), and the word for the error on the wire. */
interface Manners {
  readonly classes: Readonly<Record<number, string>>
  readonly otherClass: string
  readonly words: Readonly<Record<number, string>>
  readonly otherWord: string
  /** Sentence and word in the body. */
  told(body: Wire, headers: Headers): { readonly message: string; readonly word: string }
}

const OPENAI: Manners = {
  classes: { 400: 'BadRequestError', 404: 'NotFoundError', 429: 'RateLimitError' },
  otherClass: 'InternalServerError',
  words: { 400: 'invalid_request_error', 404: 'invalid_request_error', 429: 'rate_limit_error' },
  otherWord: 'server_error',
  told: ({ error }) => ({ message: text(wire(error).message), word: text(wire(error).type) }),
}

const MANNERS: Readonly<Record<DialectName, Manners>> = {
  'openai-chat': OPENAI,
  'openai-responses': OPENAI,
  anthropic: {
    classes: { ...OPENAI.classes, 503: 'ServiceUnavailableError', 529: 'OverloadedError' },
    otherClass: 'InternalServerError',
    words: {
      400: 'invalid_request_error',
      404: 'not_found_error',
      429: 'rate_limit_error',
      503: 'overloaded_error',
      529: 'overloaded_error',
    },
    otherWord: 'api_error',
    told: OPENAI.told,
  },
  gemini: {
    classes: {},
    otherClass: 'ApiError',
    words: {
      400: 'INVALID_ARGUMENT',
      404: 'NOT_FOUND',
      429: 'RESOURCE_EXHAUSTED',
      503: 'UNAVAILABLE',
      529: 'UNAVAILABLE',
    },
    otherWord: 'INTERNAL',
    told: ({ error }) => ({ message: text(wire(error).message), word: text(wire(error).status) }),
  },
  bedrock: {
    classes: {
      400: 'ValidationException',
      404: 'ResourceNotFoundException',
      429: 'ThrottlingException',
      503: 'ServiceUnavailableException',
      529: 'ServiceUnavailableException',
    },
    otherClass: 'InternalServerException',
    words: {},
    otherWord: '',
    // A code of ours or of another vendor's has no member of its own: it ends the sentence.
    told: ({ message }) => ({ message: text(message).replace(/ \(\w+\)$/, ''), word: '' }),
  },
}

/** An error answer is an error of the client's own class, with the vendor's status and words; its bytes on the pass lane. */
export function checkRefusal({ recording, client, lane, heard }: Exchange): void {
  const { error, received, headers } = heard
  const { classes, otherClass, words, otherWord, told } = MANNERS[client]
  const ours = isKeyRefusal(recording)
  const vendor = MANNERS[recording.dialect].told(wire(JSON.parse(recording.body)), headers)
  const message = ours ? REFUSED_KEY : vendor.message
  const status = ours ? 502 : recording.status
  assert.equal(error?.status, status)
  // Bedrock names its exception in a header, which some recordings are without.
  const isNamed = client !== 'bedrock' || lane === 'translate' || ours || headers.has('x-amzn-errortype')
  assert.equal(error?.class, isNamed ? (classes[status] ?? otherClass) : 'BedrockRuntimeServiceException')
  const read = told(wire(JSON.parse(received.toString('utf8'))), headers)
  assert.equal(read.message, message)
  // Some clients quote the JSON, others the sentence in it.
  assert.ok(
    [message, JSON.stringify(message)].some(words => error?.message.includes(words)),
    error?.message,
  )
  if (status === 429) assert.match(headers.get('retry-after') ?? '', /^\d+$/)
  if (lane === 'pass' && !ours) assert.ok(received.equals(recording.bytes))
  // Both of OpenAI's dialects have the same errors: one is the other's word for word.
  else if (ours || MANNERS[client] !== MANNERS[recording.dialect]) {
    assert.equal(read.word, words[status] ?? otherWord)
  }
}

/** An error inside a stream is an error of the client's, not a short answer; the request counts as failed. */
export function checkBroken(message: string, { heard: { error, said }, line }: Exchange): void {
  assert.equal(said, undefined)
  assert.ok(error?.message.includes(message), error?.message)
  // Before the first word it is an answer of its own, and has a status.
  if (line.status === 200) assert.ok(line.failure, 'counted as failed')
  else assert.ok(Number(line.status) >= 400)
}
