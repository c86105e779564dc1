import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { ConnectionError, FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Dialect } from '../src/dialects/dialect.ts'
import { dialectNamed } from '../src/dialects/index.ts'
import {
  BodyTooLarge,
  Cancelled,
  CONSEQUENCES,
  EmptyBody,
  faultOf,
  Internal,
  InvalidRequest,
  isSluiceError,
  MediaType,
  type SluiceError,
} from '../src/errors.ts'
import { endWithFault } from '../src/relay/early-stream.ts'
import { refuseUnparsed } from '../src/relay/unparsed.ts'
import { retryAfterHeaders } from '../src/retry-after.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The wire format of the route's requests, answers and errors. */
    dialect?: string
  }
  interface FastifyRequest {
    /** The dialect of this client, guessed where no route was found. */
    readonly dialect: Dialect
  }
}

/** Every error in the dialect of the route. Its kind decides the log level; no internals are shown. */
export default fp(
  async app => {
    app.decorateRequest('dialect', {
      getter(this: FastifyRequest) {
        return dialectNamed(this.routeOptions.config.dialect ?? guessDialect(this))
      },
    })
    app.setErrorHandler((error: FastifyError, request, reply) =>
      sendError(toSluiceError(error, request), request, reply),
    )
  },
  { name: 'errors' },
)

/** For Fastify's `frameworkErrors`: a malformed URL, before there is a route or a hook. Fastify's own answer repeats the URL. */
export function refuseUrl(_error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const fault = faultOf(InvalidRequest({}, 'The URL of the request cannot be read.'))
  const { status, body } = dialectNamed(guessDialect(request)).writeError(fault, request.id)
  reply.code(status).header('x-request-id', request.id).type('application/json').send(JSON.stringify(body))
}

/** For Fastify's `clientErrorHandler`: bytes that are no request. The error holds them, so only its code is logged. */
export function refuseBytes(this: FastifyInstance, { code, rawPacket }: ConnectionError, socket: Socket): void {
  if (code === 'ECONNRESET' || socket.destroyed) return
  this.log.debug({ code }, 'a request could not be parsed')
  // Node's own handler asks the same: behind the head of an answer another one would be read as part of it.
  const { _httpMessage: answer } = socket as Socket & { _httpMessage?: ServerResponse | null }
  if (!socket.writable || answer?.headersSent) {
    socket.destroy()
    return
  }
  const head = Buffer.isBuffer(rawPacket) ? rawPacket.toString('latin1') : ''
  socket.end(refuseUnparsed(code, head), () => socket.destroy())
}

function sendError(error: SluiceError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { logLevel } = CONSEQUENCES[error.kind]
  if (logLevel === 'error') request.log.error({ err: error.cause ?? error }, 'request failed')
  const { record } = request
  if (record !== undefined) record.errorCode = error.code
  if (record !== undefined && reply.raw.headersSent) return endStream(error, request, reply)
  if (record?.queue !== undefined) reply.header('x-sluice-queued-ms', Math.round(record.queue.waitedMs))
  const { status, body } = request.dialect.writeError(faultOf(error), request.id)
  if (error.headers !== undefined) reply.headers(error.headers)
  if (error.retryAfterMs !== undefined) reply.headers(retryAfterHeaders(error.retryAfterMs))
  return reply.code(status).type('application/json').send(JSON.stringify(body))
}

/** A stream that was begun early, to keep it alive: the error is its last event. */
function endStream(error: SluiceError, { id, record, dialect }: FastifyRequest, reply: FastifyReply): FastifyReply {
  record.failure = error.kind
  reply.hijack()
  endWithFault(reply.raw, dialect, faultOf(error), id)
  return reply
}

/** Fastify's own refusals as ours. Anything unknown is a bug of ours: the client gets a 500 without details. */
function toSluiceError(error: FastifyError, request: FastifyRequest): SluiceError {
  if (isSluiceError(error)) return error
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return BodyTooLarge({}, request.server.initialConfig.bodyLimit)
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return EmptyBody()
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
    case 'FST_ERR_CTP_EMPTY_TYPE':
      return MediaType({}, mediaType(request))
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return InvalidRequest({}, 'The request body is not as long as content-length says.')
    // The client left while its body was being read.
    case 'ECONNRESET':
      return Cancelled()
    default:
      return Internal({ cause: error })
  }
}

function mediaType({ headers }: FastifyRequest): string {
  const type = headers['content-type'] ?? ''
  return /^[\w.+/-]{1,80}/.exec(type)?.[0] ?? 'that was sent'
}

/** Where there is no route: Anthropic's clients always send their API version, Google's and Bedrock's paths are unique. */
function guessDialect({ headers, url }: FastifyRequest): string {
  if (url.startsWith('/v1beta/') || headers['x-goog-api-key'] !== undefined) return 'gemini'
  if (url.startsWith('/model/')) return 'bedrock'
  if (headers['anthropic-version'] !== undefined || url.startsWith('/v1/messages')) return 'anthropic'
  return url.startsWith('/v1/responses') ? 'openai-responses' : 'openai-chat'
}
