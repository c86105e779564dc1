import type { FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import { StreamCopy } from '../src/cache/stream-copy.ts'
import type { Fault } from '../src/call/fault.ts'
import type { Loss } from '../src/call/loss.ts'
import type { CallRecord } from '../src/meter/record.ts'
import { Tally } from '../src/meter/tally.ts'
import { ClientStream, EVENT_STREAM } from '../src/relay/client-stream.ts'
import { lossHeaders } from '../src/relay/loss-headers.ts'
import { StreamRelay } from '../src/relay/stream-relay.ts'
import { looksLikeJson, singleWrite, UnreadAnswer } from '../src/relay/whole.ts'
import type { Answer, RefusedAnswer, StreamAnswer, WholeAnswer } from '../src/routing/answer.ts'
import { header } from '../src/upstream/outcome.ts'

declare module 'fastify' {
  interface FastifyReply {
    /** Sends a vendor's answer to the client, in the client's dialect, and tells the breaker and the record how it ended. */
    relay(answer: Answer): FastifyReply
  }
}

/** Stage 9: back to the client. The reply's head is set here alone: what a failed attempt sent never shows. */
export default fp(
  async app => {
    app.decorateReply('relay', function (this: FastifyReply, answer: Answer) {
      const { record } = this.request
      record.firstContentAt = performance.now()
      record.answeredBy = answer.attempt.record
      record.lane = answer.passage.lane
      record.losses = answer.passage.losses
      describe(this, answer)
      if (answer.type === 'stream') return relayStream(this, answer)
      return answer.type === 'whole' ? relayWhole(this, answer) : relayRefusal(this, answer)
    })
  },
  { name: 'relay', dependencies: ['dispatch'] },
)

function describe(reply: FastifyReply, { attempt, headers }: Answer): void {
  const { record } = reply.request
  reply.header('x-sluice-target', attempt.candidate.target.id)
  reply.header('x-sluice-attempts', record.attempts.length)
  const vendorId = header(headers, 'request-id') ?? header(headers, 'x-request-id')
  if (vendorId !== undefined) reply.header('x-sluice-upstream-id', vendorId)
}

function relayWhole(reply: FastifyReply, answer: WholeAnswer): FastifyReply {
  const { record, call } = reply.request
  const now = performance.now()
  answer.attempt.settle(now)
  const written = answer.result && call.dialect.writeResponse(answer.result)
  const body = written === undefined ? answer.body : JSON.stringify(written.body)
  if (written !== undefined) record.losses = [...record.losses, ...written.losses]
  tallyWhole(record, answer)
  reply.headers(lossHeaders(record.losses))
  reply.header('x-sluice-overhead-ms', record.overhead(now).toFixed(2))
  reply.code(answer.status).header('content-type', 'application/json')
  keepWhole(reply, answer, body)
  return reply.send(typeof body === 'string' ? body : singleWrite(body))
}

/** Only an answer that can be read is worth keeping; without a cache, nobody reads it here. */
function keepWhole(reply: FastifyReply, answer: WholeAnswer, body: Buffer | string): void {
  const { keepAnswer, record, log } = reply.request
  if (keepAnswer === undefined) return
  try {
    record.readReport()
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    keepAnswer({ contentType: 'application/json', body: bytes, target: answer.attempt.candidate.target.id })
  } catch (error) {
    log.debug({ err: error }, 'an answer that cannot be read is not kept')
  }
}

/** Usage and end: of an answer that was read, now; of one that is passed on, when the request is settled. */
function tallyWhole(record: CallRecord, { result, body, passage }: WholeAnswer): void {
  if (result === undefined) {
    record.unread = new UnreadAnswer(body, passage.dialect)
    return
  }
  record.usage = result.usage
  record.finish = result.outputs[0]?.finish.reason
}

function relayStream(reply: FastifyReply, answer: StreamAnswer): FastifyReply {
  const { call, record, presence } = reply.request
  const { flow, passage, attempt } = answer
  const tally = new Tally()
  const copy = reply.request.keepAnswer === undefined ? undefined : new StreamCopy()
  const client = new ClientStream(reply.raw, flow, copy)
  reply.headers(lossHeaders(record.losses))
  reply.hijack()
  client.begin(200, reply.getHeaders())
  const relay = new StreamRelay({
    flow,
    client,
    dialect: call.dialect,
    writer: passage.lane === 'translate' ? call.dialect.eventWriter(call.decode()) : undefined,
    cutUsage: passage.cutUsage,
    tally,
    onEnd: (fault: Fault | undefined, losses: readonly Loss[]) => {
      attempt.settle(performance.now(), presence.gone ? 'cancelled' : fault?.kind, fault?.message)
      record.failure = presence.gone ? 'cancelled' : fault?.kind
      record.losses = [...record.losses, ...losses]
      const understood = fault === undefined && !relay.tapFailed
      record.usage = tally.usage(understood, call.size)
      record.finish = tally.finish
      if (understood && !presence.gone) keepStream(reply, answer, copy)
    },
  })
  relay.start(answer.items, answer.ended)
  return reply
}

/** Only a stream that came whole is worth keeping. */
function keepStream(reply: FastifyReply, answer: StreamAnswer, copy: StreamCopy | undefined): void {
  const body = copy?.bytes
  if (body === undefined) return
  reply.request.keepAnswer?.({ contentType: EVENT_STREAM, body, target: answer.attempt.candidate.target.id })
}

function relayRefusal(reply: FastifyReply, answer: RefusedAnswer): FastifyReply {
  const { call, record } = reply.request
  record.errorCode = answer.fault.code
  if (answer.retryAfter !== undefined) reply.header('retry-after', answer.retryAfter)
  // A proxy's HTML page is no error that a client can read, and may name hosts.
  if (answer.passage.lane === 'pass' && answer.body !== undefined && looksLikeJson(answer.body)) {
    return reply.code(answer.status).header('content-type', 'application/json').send(answer.body)
  }
  const { status, body } = call.dialect.writeError(answer.fault)
  return reply.code(status).header('content-type', 'application/json').send(JSON.stringify(body))
}
