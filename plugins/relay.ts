import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { headOf } from '../src/cache/answer.ts'
import type { AttemptRecord, CallRecord } from '../src/meter/record.ts'
import { writeResult } from '../src/relay/canned.ts'
import { endWithFault } from '../src/relay/early-stream.ts'
import { lossHeaders } from '../src/relay/loss-headers.ts'
import { named } from '../src/relay/named.ts'
import { looksLikeJson, readReport, singleWrite } from '../src/relay/whole.ts'
import { retryAfterHeaders } from '../src/retry-after.ts'
import type { Answer, CannedAnswer, RefusedAnswer, WholeAnswer } from '../src/routing/attempt/answer.ts'
import { header } from '../src/upstream/outcome.ts'

declare module 'fastify' {
  interface FastifyReply {
    /** Sends an answer in the client's dialect; settles the attempt and the record. */
    relay(answer: Answer | CannedAnswer): FastifyReply
  }
}

/** Headers that are part of an error: AWS's clients read the exception's name there. */
const OF_A_REFUSAL = ['x-amzn-errortype']

/** Stage 9: back to the client. Only here are headers set on the reply, so nothing of a failed attempt shows. */
export default fp(
  async app => {
    app.decorateReply('relay', function (this: FastifyReply, answer: Answer | CannedAnswer) {
      const { record } = this.request
      record.firstContentAt = performance.now()
      if (record.degraded.length > 0) this.header('x-sluice-degraded', record.degraded.join(', '))
      if (answer.type === 'canned') return relayCanned(this, answer)
      record.answeredBy = answer.attempt.record
      record.payer = answer.attempt
      record.lane = answer.passage.lane
      record.losses = answer.passage.losses
      describe(this, answer)
      if (answer.type === 'stream') return this.relayStream(answer)
      if (answer.type === 'bytes') return this.relayBytes(answer)
      return answer.type === 'whole' ? relayWhole(this, answer) : relayRefusal(this, answer)
    })
  },
  { name: 'relay', dependencies: ['relay-stream', 'relay-bytes'] },
)

function describe(reply: FastifyReply, { attempt, headers }: Answer): void {
  const { record } = reply.request
  reply.header('x-sluice-target', attempt.candidate.target.id)
  reply.header('x-sluice-attempts', record.attempts.length)
  if (record.attempts.length > 1) reply.header('x-sluice-failed', failedBefore(attempt.record, record))
  const vendorId =
    header(headers, 'request-id') ?? header(headers, 'x-request-id') ?? header(headers, 'x-amzn-requestid')
  if (vendorId !== undefined) reply.header('x-sluice-upstream-id', vendorId)
  if (record.queue !== undefined) reply.header('x-sluice-queued-ms', Math.round(record.queue.waitedMs))
}

/** The other attempts' targets with the kind of their failure, as in the log line. */
function failedBefore(answeredBy: AttemptRecord, { attempts }: CallRecord): string {
  const others = attempts.filter(attempt => attempt !== answeredBy)
  // One that has not ended is the slower of two hedged attempts, and cancelled.
  return others.map(({ target, failure = 'cancelled' }) => `${target}: ${failure}`).join(', ')
}

function relayCanned(reply: FastifyReply, { result }: CannedAnswer): FastifyReply {
  const { record, call } = reply.request
  const { contentType, body } = writeResult(result, call)
  record.usage = result.usage
  record.finish = 'stop'
  // A stream that waited in a queue has begun already.
  if (reply.raw.headersSent) {
    reply.hijack()
    reply.raw.end(body)
    return reply
  }
  reply.header('x-sluice-attempts', record.attempts.length)
  if (call.stream) reply.header('cache-control', 'no-cache').header('x-accel-buffering', 'no')
  return send(reply.code(200).header('content-type', contentType), body, false)
}

function relayWhole(reply: FastifyReply, answer: WholeAnswer): FastifyReply {
  const { record, call } = reply.request
  const now = performance.now()
  answer.attempt.settle(now)
  const { model } = answer.attempt.candidate.target
  const written = answer.result && call.dialect.writeResponse(named(answer.result, record.id, model))
  const body = written === undefined ? singleWrite(answer.body) : JSON.stringify(written.body)
  if (written !== undefined) record.losses = [...record.losses, ...written.losses]
  tallyWhole(reply.request, answer, body)
  reply.headers(lossHeaders(record.losses))
  reply.header('x-sluice-overhead-ms', record.overhead(now).toFixed(2))
  reply.code(answer.status).header('content-type', 'application/json')
  return send(reply, body, true)
}

/** To the client, or to all that share the call. `complete` for an answer, as opposed to an error. */
function send(reply: FastifyReply, body: Buffer | string, complete: boolean): FastifyReply {
  const { flight, record } = reply.request
  if (flight === undefined) return reply.send(body)
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  const kept = complete && isReadable(reply.request)
  flight.answer({ ...headOf(reply), body: bytes }, kept, record.finish)
  return reply
}

/** Only a parseable answer is worth caching. */
function isReadable({ record, log }: FastifyRequest): boolean {
  try {
    record.readReport()
    return true
  } catch (error) {
    log.debug({ err: error }, 'an answer that cannot be read is not kept')
    return false
  }
}

/** Usage and finish reason: of a decoded answer now, of a passed one when the request is settled. */
function tallyWhole({ record, call }: FastifyRequest, { result }: WholeAnswer, body: Buffer | string): void {
  if (result === undefined) {
    const { dialect } = call
    record.unread = () => readReport(body, dialect)
    return
  }
  record.usage = result.usage
  record.finish = result.outputs[0]?.finish.reason
}

function relayRefusal(reply: FastifyReply, answer: RefusedAnswer): FastifyReply {
  const { call, record } = reply.request
  record.errorCode = answer.fault.code
  if (reply.raw.headersSent) {
    record.failure = answer.fault.kind
    reply.hijack()
    endWithFault(reply.raw, call.dialect, answer.fault, reply.request.id)
    return reply
  }
  if (answer.retryAfterMs !== undefined) reply.headers(retryAfterHeaders(answer.retryAfterMs))
  // A proxy's HTML page is no error that a client can parse, and may name hosts.
  if (answer.passage.lane === 'pass' && answer.body !== undefined && looksLikeJson(answer.body)) {
    for (const name of OF_A_REFUSAL) {
      const value = header(answer.headers, name)
      if (value !== undefined) reply.header(name, value)
    }
    return send(reply.code(answer.status).header('content-type', 'application/json'), answer.body, false)
  }
  const { status, body } = call.dialect.writeError(answer.fault, record.id)
  return send(reply.code(status).header('content-type', 'application/json'), JSON.stringify(body), false)
}
