import { STATUS_CODES } from 'node:http'
import type { Fault } from '../call/fault.ts'
import { dialectNamed } from '../dialects/index.ts'
import { faultOf, HeadersTooLarge, InvalidRequest, RequestTimeout } from '../errors.ts'

/** Google's paths. */
const GEMINI = /^\w+ \S*\/v1beta\//
/** Anthropic's path or header in the bytes of a head: all that is known of who asks, where no route was found. */
const ANTHROPIC = /^\w+ \S*\/v1\/messages\b|^anthropic-version:/im

/**
 * The answer, as text of HTTP/1.1, to a request on which Node's parser gave up with this code; `head` is what it was reading.
 * Says nothing of what was sent: it may hold a key.
 */
export function refuseUnparsed(code: string, head: string): string {
  const dialect = GEMINI.test(head) ? 'gemini' : ANTHROPIC.test(head) ? 'anthropic' : 'openai-chat'
  const { status, body } = dialectNamed(dialect).writeError(faultFor(code))
  const text = JSON.stringify(body)
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'connection: close',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(text)}`,
    '',
    text,
  ].join('\r\n')
}

/** 408 and 431 are statuses that only a server of HTTP gives: no kind of error has them. */
function faultFor(code: string): Fault {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return { ...faultOf(HeadersTooLarge()), status: 431 }
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { ...faultOf(RequestTimeout()), status: 408 }
    default:
      return faultOf(InvalidRequest({}, 'The request is not valid HTTP.'))
  }
}
