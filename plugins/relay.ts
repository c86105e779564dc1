import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { type AnswerHead, sharedHeaders } from '../src/cache/answer.ts'
import type { Fault } from '../src/call/fault.ts'
import type { Loss } from '../src/call/loss.ts'
import type { CallRecord } from '../src/meter/record.ts'
import { Tally } from '../src/meter/tally.ts'
import { ClientStream, STREAM_HEADERS } from '../src/relay/client-stream.ts'
import type { Flow } from '../src/relay/flow.ts'
import { lossHeaders } from '../src/relay/loss-headers.ts'
import { StreamRelay } from '../src/relay/stream-relay.ts'
import { looksLikeJson, UnreadAnswer } from '../src/relay/whole.ts'
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

function headOf(reply: FastifyReply): AnswerHead {
  return { status: reply.statusCode, headers: sharedHeaders(reply.getHeaders()) }
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
  const { call, record, presence, flight } = reply.request
  const { flow, passage, attempt } = answer
  const tally = new Tally()
  reply.headers(lossHeaders(record.losses))
  const relay = new StreamRelay({
    flow,
    client: openStream(reply, flow),
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
      flight?.conclude(record.failure, understood && !presence.gone, record.finish)
    },
  })
  relay.start(answer.items, answer.ended)
  return reply
}

function openStream(reply: FastifyReply, flow: Flow): Pick<ClientStream, 'write' | 'end'> {
  const { flight } = reply.request
  if (flight !== undefined) {
    flight.begin(headOf(reply.headers(STREAM_HEADERS)), flow)
    return flight
  }
  reply.hijack()
  const client = new ClientStream(reply.raw, flow)
  client.begin(200, reply.getHeaders())
  return client
}

function relayRefusal(reply: FastifyReply, answer: RefusedAnswer): FastifyReply {
  const { call, record } = reply.request
  record.errorCode = answer.fault.code
  if (answer.retryAfter !== undefined) reply.header('retry-after', answer.retryAfter)
  // A proxy's HTML page is no error that a client can read, and may name hosts.
  if (answer.passage.lane === 'pass' && answer.body !== undefined && looksLikeJson(answer.body)) {
    return send(reply.code(answer.status).header('content-type', 'application/json'), answer.body, false)
  }
  const { status, body } = call.dialect.writeError(answer.fault)
  return send(reply.code(status).header('content-type', 'application/json'), JSON.stringify(body), false)
}
