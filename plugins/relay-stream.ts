import type { FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import { headOf } from '../src/cache/answer.ts'
import type { Fault } from '../src/call/fault.ts'
import type { Loss } from '../src/call/loss.ts'
import type { EventWriter } from '../src/dialects/dialect.ts'
import { Tally } from '../src/meter/tally.ts'
import { ClientStream, STREAM_HEADERS } from '../src/relay/client-stream.ts'
import type { Envelope } from '../src/relay/envelope.ts'
import type { Flow } from '../src/relay/flow.ts'
import { lossHeaders } from '../src/relay/loss-headers.ts'
import type { Passage } from '../src/relay/passage.ts'
import { RestoringWriter } from '../src/relay/restoring-writer.ts'
import { type StreamReader, StreamRelay } from '../src/relay/stream-relay.ts'
import type { StreamAnswer } from '../src/routing/answer.ts'

declare module 'fastify' {
  interface FastifyReply {
    /** Sends a stream that has been committed; tells the breaker and the record how it ended. */
    relayStream(answer: StreamAnswer): FastifyReply
  }
}

/** Stage 9 for streams: event by event, to the client or to all who wait for the same call. */
export default fp(
  async app => {
    app.decorateReply('relayStream', function (this: FastifyReply, answer: StreamAnswer) {
      const { call, record, presence, flight } = this.request
      const { flow, passage, attempt } = answer
      const tally = new Tally()
      this.headers(lossHeaders(record.losses))
      const relay = new StreamRelay({
        flow,
        client: openStream(this, flow),
        dialect: call.dialect,
        requestId: record.id,
        writer: writerFor(call, passage),
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
      return this
    })
  },
  { name: 'relay-stream', dependencies: ['dispatch'] },
)

/** None where the vendor's bytes are the client's. */
function writerFor(call: Envelope, { lane, names }: Passage): EventWriter | undefined {
  if (lane === 'pass') return undefined
  const writer = call.dialect.eventWriter(call.decode())
  return names === undefined ? writer : new RestoringWriter(writer, names)
}

function openStream(reply: FastifyReply, flow: Flow): StreamReader {
  const { flight } = reply.request
  if (flight !== undefined) {
    flight.begin(headOf(reply.headers(STREAM_HEADERS)), flow)
    return flight
  }
  reply.hijack()
  const client = new ClientStream(reply.raw, flow)
  client.begin(reply.getHeaders())
  return client
}
