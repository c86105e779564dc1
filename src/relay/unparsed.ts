import { STATUS_CODES } from 'node:http'
import type { Fault } from '../call/fault.ts'
import { dialectNamed } from '../dialects/index.ts'
import { faultOf, HeadersTooLarge, InvalidRequest, RequestTimeout } from '../errors.ts'

/** Paths or headers that tell a client's dialect from the raw head, as no route was found. The first match counts. */
const SIGNS: readonly (readonly [dialect: string, sign: RegExp])[] = [
  ['gemini', /^\w+ \S*\/v1beta\/|^x-goog-api-key:/im],
  ['bedrock', /^\w+ \S*\/model\//],
  ['anthropic', /^\w+ \S*\/v1\/messages\b|^anthropic-version:/im],
  ['openai-responses', /^\w+ \S*\/v1\/responses\b/],
]

/**
 * The HTTP/1.1 response to a request that Node's parser rejected with this code; `head` is what it was reading. Repeats nothing of the
 * request, which may hold a key.
 */
export function refuseUnparsed(code: string, head: string): string {
  const [dialect] = SIGNS.find(([, sign]) => sign.test(head)) ?? ['openai-chat']
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

/** 408 and 431 are given by the HTTP server alone: no kind of error has them. */
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
