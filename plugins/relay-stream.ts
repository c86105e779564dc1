import type { FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import { headOf } from '../src/cache/answer.ts'
import type { Fault } from '../src/call/fault.ts'
import type { Loss } from '../src/call/loss.ts'
import { eventMarker } from '../src/call/reasoning-origin.ts'
import { restoreName } from '../src/call/tool-words.ts'
import type { EventWriter } from '../src/dialects/dialect.ts'
import { Tally } from '../src/meter/tally.ts'
import { streamHeaders } from '../src/relay/client-stream.ts'
import type { Envelope } from '../src/relay/envelope.ts'
import type { Flow } from '../src/relay/flow.ts'
import { openClient } from '../src/relay/json-array.ts'
import { lossHeaders } from '../src/relay/loss-headers.ts'
import { MappedWriter } from '../src/relay/mapped-writer.ts'
import type { Passage } from '../src/relay/passage.ts'
import { framingOf } from '../src/relay/sse.ts'
import { type StreamReader, StreamRelay } from '../src/relay/stream-relay.ts'
import type { StreamAnswer } from '../src/routing/attempt/answer.ts'

declare module 'fastify' {
  interface FastifyReply {
    /** Sends a committed stream; settles the attempt and the record. */
    relayStream(answer: StreamAnswer): FastifyReply
  }
}

/** Stage 9 for streams: event by event, to the client or to all that share the call. */
export default fp(
  async app => {
    app.decorateReply('relayStream', function (this: FastifyReply, answer: StreamAnswer) {
      const { call, record, presence, flight, onEvent } = this.request
      const { flow, passage, attempt } = answer
      const tally = new Tally()
      this.headers(lossHeaders(record.losses))
      const relay = new StreamRelay({
        flow,
        client: openStream(this, flow),
        dialect: call.dialect,
        requestId: record.id,
        model: attempt.candidate.target.model,
        writer: writerFor(call, passage),
        cutUsage: passage.cutUsage,
        tally,
        onEvent,
        onEnd: (fault: Fault | undefined, losses: readonly Loss[]) => {
          attempt.settle(performance.now(), presence.gone ? 'cancelled' : fault?.kind, reasonOf(fault))
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

/** For the log: a vendor's own message may hold a prompt or a key. */
function reasonOf(fault: Fault | undefined): string | undefined {
  if (fault === undefined || fault.code?.startsWith('SLUICE_')) return fault?.message
  return 'the vendor ended the stream with an error, or did not end it'
}

/** None on the pass lane. Else reasoning is marked with its vendor, and tools get the client's own names back. */
function writerFor(call: Envelope, { lane, names, signer }: Passage): EventWriter | undefined {
  if (lane === 'pass') return undefined
  const plain = call.dialect.eventWriter(call.decode())
  const mark = eventMarker(signer, call.dialect.name)
  const writer = mark === undefined ? plain : new MappedWriter(plain, mark)
  return names === undefined ? writer : new MappedWriter(writer, event => restoreName(event, names))
}

function openStream(reply: FastifyReply, flow: Flow): StreamReader {
  const { flight, call } = reply.request
  if (flight !== undefined) {
    flight.begin(headOf(reply.headers(streamHeaders(framingOf(call.dialect)))), flow)
    return flight
  }
  reply.hijack()
  return openClient(reply.raw, flow, reply.getHeaders(), call)
}
