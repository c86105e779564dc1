import { setTimeout } from 'node:timers/promises'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { isPlain } from '../src/call/operations.ts'
import { mayUse } from '../src/config/callers.ts'
import { dialectNamed } from '../src/dialects/index.ts'
import { OperationUnserved } from '../src/errors.ts'
import { endpointFor } from '../src/providers/endpoint-for.ts'
import { EarlyStream } from '../src/relay/early-stream.ts'
import { passageTo } from '../src/relay/passage.ts'
import { plainPassage } from '../src/relay/plain-passage.ts'
import type { Answer, CannedAnswer } from '../src/routing/attempt/answer.ts'
import { exchangeFor } from '../src/routing/attempt/outgoing.ts'
import { degrade } from '../src/routing/degrade/degrade.ts'
import type { DegradeContext } from '../src/routing/degrade/degrade-context.ts'
import { type Dispatch, dispatch } from '../src/routing/dispatch.ts'
import { QueueTicket } from '../src/routing/queue/ticket.ts'
import type { Route, Standby, Target } from '../src/routing/target.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The targets of a request's route, best first. */
    plan(request: FastifyRequest): readonly Target[]
    /** Tries the targets, then their stand-ins, until one answers; the answer is committed. */
    dispatch(request: FastifyRequest, reply: FastifyReply): Promise<Answer | CannedAnswer>
  }
}

/** A client sends this to be refused rather than lose a parameter in translation. */
const STRICT = 'x-sluice-strict'

/** Stage 8: which targets are tried, in which order; the loop itself is src/routing/dispatch.ts. */
export default fp(
  async app => {
    app.decorate('plan', ({ snapshot, route, call: envelope, caller }) => {
      const targets = snapshot.planner.order(route, { envelope, caller: caller?.name, now: performance.now() })
      if (targets.length === 0) throw OperationUnserved({ param: 'model' }, route.name, envelope.operation)
      return targets
    })
    app.decorate('dispatch', (request, reply) => {
      const { call: envelope, record, presence, route } = request
      const strict = route.strict === true || envelope.headers[STRICT] === 'true'
      const call: Dispatch = {
        envelope,
        record,
        targets: app.plan(request),
        maxAttempts: route.attempts,
        passage: ({ target }) => {
          const { provider } = target.vendor
          const endpoint = endpointFor(provider, envelope.operation)
          // Checked earlier for all targets but a last resort.
          if (endpoint === undefined) throw OperationUnserved({}, route.name, envelope.operation)
          const { model, facts } = target
          return envelope.pace(
            isPlain(envelope.operation)
              ? plainPassage(endpoint, envelope, model, { strict })
              : passageTo(provider, dialectNamed(endpoint.dialect), envelope, model, { facts, strict }),
          )
        },
        hedge: route.hedge,
        keeper: route.pin?.keeper,
        retrySameTarget: route.retrySameTarget === true,
        forward: (attempt, passage) => {
          const exchange = exchangeFor(attempt.candidate, passage, envelope)
          return exchange instanceof Promise
            ? exchange.then(made => reply.forward(attempt, made))
            : reply.forward(attempt, exchange)
        },
        present: () => !presence.gone,
        now: () => performance.now(),
        wait: setTimeout,
        random: Math.random,
        ticket: ticketFor(request, reply),
      }
      if (route.standby !== undefined) return degrade(degradeContextOf(request, call, route.standby))
      return route.pin?.step === undefined ? dispatch(call) : dispatchToStandIn(call, route.pin.step)
    })
  },
  { name: 'dispatch', dependencies: ['forward', 'budget'] },
)

/** Continues a response that a stand-in gave: only that one can, and its answer is a degraded one again. */
async function dispatchToStandIn(call: Dispatch, step: string): Promise<Answer> {
  const answer = await dispatch(call)
  if (answer.type !== 'refused') call.record.degraded = [step]
  return answer
}

/** For the queue of the request's route, where it has one. */
function ticketFor(request: FastifyRequest, reply: FastifyReply): QueueTicket | undefined {
  const { route, call: envelope, caller, presence, record, flight } = request
  const { queue } = route
  if (queue === undefined) return undefined
  // Requests that share a call get keep-alives from their own subscriptions; the answer to a plain call may be no stream.
  const streams = envelope.stream && !envelope.path?.array && flight === undefined && !isPlain(envelope.operation)
  const keepAlive = queue.settings.keepAlive && streams
  const early = keepAlive ? new EarlyStream(reply.raw, () => reply.getHeaders(), envelope.dialect) : undefined
  return new QueueTicket({ queue, model: route.name, caller, envelope, presence, record, early })
}

function degradeContextOf(
  { caller, snapshot, wishes }: FastifyRequest,
  call: Dispatch,
  standby: Standby,
): DegradeContext {
  const { envelope, now } = call
  return {
    call,
    standby,
    // A stand-in is another model: a caller that may not use it does not get it either (E16).
    may: mayUse(caller),
    route: model => snapshot.routes.get(model) as Route,
    order: route => snapshot.planner.order(route, { envelope, caller: caller?.name, now: now() }),
    keeps: wishes?.store === true,
  }
}
