import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Subscription } from '../src/cache/broadcast.ts'
import type { Claim, Flight } from '../src/cache/flight.ts'
import { Flights } from '../src/cache/flights.ts'
import type { Kind } from '../src/call/fault.ts'
import { Cancelled, faultOf, ReaderSlow } from '../src/errors.ts'
import { openClient } from '../src/relay/json-array.ts'
import { Presence } from '../src/relay/presence.ts'
import { framingOf } from '../src/relay/sse.ts'
import type { Answer, CannedAnswer } from '../src/routing/attempt/answer.ts'
import { STALE } from '../src/routing/degrade/step-names.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Upstream calls that several requests may share. */
    flights: Flights
  }
  interface FastifyRequest {
    /** Set on the request that began a shared call: its answer is relayed to all that joined. */
    flight: Flight | undefined
  }
}

/**
 * End of stage 7 (singleflight). The request that begins a shared call subscribes to it like those that join, so that it can leave before
 * them. Stages 8 and 9 run for the call on the request that began it.
 */
export default fp(
  async app => {
    const flights = new Flights()
    app.decorate('flights', flights)
    app.decorateRequest('flight')
    app.addHook('onClose', () => flights.stop())
    app.addHook('preHandler', (request, reply, done) => {
      if (request.claims === undefined) done()
      else answer(app, request, reply, request.claims).catch(done)
    })
  },
  { name: 'flights', dependencies: ['cache', 'idempotency', 'responses'] },
)

/** Rejects with the error of the upstream call, and with Cancelled when the client left before its answer began. */
async function answer(app: FastifyInstance, request: FastifyRequest, reply: FastifyReply, claims: readonly Claim[]) {
  const { presence: client, record } = request
  if (client.gone) throw Cancelled()
  const joined = app.flights.find(claims)
  const missed = joined === undefined ? app.flights.missed(claims) : undefined
  if (missed !== undefined) {
    reply.replay(missed)
    return
  }
  const flight = joined ?? begin(app, request, reply, claims)
  const subscription = flight.join()
  client.watch({ abort: ({ kind }) => (kind === 'cancelled' ? subscription.leave() : flight.stop()) })
  if (joined !== undefined && record.cache !== undefined) {
    record.cache = 'shared'
    reply.header('x-sluice-cache', 'shared')
  }
  const landing = await flight.landing
  if (client.gone) throw Cancelled()
  record.firstContentAt ??= performance.now()
  if (landing.type === 'stream') {
    reply.headers(landing.head.headers).header('x-sluice-attempts', record.attempts.length)
    read(request, reply, flight, subscription)
    return
  }
  if (landing.stale) {
    record.cache = 'stale'
    record.degraded = [STALE]
    reply.header('x-sluice-cache', 'stale').header('x-sluice-degraded', STALE)
  }
  reply.replay(landing.answer)
}

function begin(app: FastifyInstance, request: FastifyRequest, reply: FastifyReply, claims: readonly Claim[]): Flight {
  const everybody = new Presence()
  const flight = app.flights.begin(claims, everybody)
  request.flight = flight
  request.presence = everybody
  request.record.outlasting = flight.over
  void ask(app, request, reply, flight)
  return flight
}

/** Stages 8 and 9 for all subscribers. Where no target can answer, a stale answer is preferred to a canned one. Never rejects. */
async function ask(app: FastifyInstance, request: FastifyRequest, reply: FastifyReply, flight: Flight): Promise<void> {
  try {
    const answer = await app.dispatch(request, reply)
    const failure = failureBehind(answer)
    if (failure !== undefined && flight.rescue(failure)) return
    reply.remember(answer)
    reply.relay(answer)
  } catch (error) {
    if (!flight.rescue(faultOf(error).kind)) flight.fail(error)
  }
}

/** The failure that an answer stands for, if any: a canned one is given where every target failed or was unavailable. */
function failureBehind(answer: Answer | CannedAnswer): Kind | undefined {
  if (answer.type === 'canned') return 'overloaded'
  return answer.type === 'refused' ? answer.fault.kind : undefined
}

/** Sends a stream from its beginning, at the pace of this client. */
function read({ record, call }: FastifyRequest, reply: FastifyReply, flight: Flight, subscription: Subscription): void {
  reply.hijack()
  const { dialect } = call
  const client = openClient(reply.raw, subscription, reply.getHeaders(), call)
  client.keepAlive?.(dialect.keepAlive)
  // When the client leaves, only this stops its keep-alives.
  reply.raw.once('close', () => client.stop?.())
  subscription.attach({
    write: chunk => client.write(chunk),
    end: () => {
      record.failure = flight.failure
      client.end()
    },
    cut: () => {
      const fault = faultOf(ReaderSlow())
      record.failure = fault.kind
      record.errorCode = fault.code
      client.write(framingOf(dialect).encode(dialect.writeErrorFrames(fault, record.id)))
      client.end()
    },
  })
}
