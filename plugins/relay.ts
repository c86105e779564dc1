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
    /** Sends an answer to the client, in the client's dialect, and tells the breaker and the record how it ended. */
    relay(answer: Answer | CannedAnswer): FastifyReply
  }
}

/** Headers that are part of a refusal: AWS's clients find the exception's name there. */
const OF_A_REFUSAL = ['x-amzn-errortype']

/** Stage 9: back to the client. The reply's head is set here alone: what a failed attempt sent never shows. */
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

/** Why others did not answer: each target with the kind of its failure, as in the log line. */
function failedBefore(answeredBy: AttemptRecord, { attempts }: CallRecord): string {
  const others = attempts.filter(attempt => attempt !== answeredBy)
  // One that has not ended yet is the slower of two, and hung up on.
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

/** To the client; where several wait for the answer, to all of them. `complete` says that it is an answer and not a refusal. */
function send(reply: FastifyReply, body: Buffer | string, complete: boolean): FastifyReply {
  const { flight, record } = reply.request
  if (flight === undefined) return reply.send(body)
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  const kept = complete && isReadable(reply.request)
  flight.answer({ ...headOf(reply), body: bytes }, kept, record.finish)
  return reply
}

/** Only an answer that can be read is worth keeping; where none is kept, nobody reads it here. */
function isReadable({ record, log }: FastifyRequest): boolean {
  try {
    record.readReport()
    return true
  } catch (error) {
    log.debug({ err: error }, 'an answer that cannot be read is not kept')
    return false
  }
}

/** Usage and end: of an answer that was read, now; of one that is passed on, when the request is settled. */
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
  // A proxy's HTML page is no error that a client can read, and may name hosts.
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
