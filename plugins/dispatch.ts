import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { dialectNamed } from '../src/dialects/index.ts'
import { passageTo } from '../src/relay/passage.ts'
import type { Answer, CannedAnswer } from '../src/routing/answer.ts'
import { type Descent, degrade } from '../src/routing/degrade.ts'
import { type Dispatch, dispatch } from '../src/routing/dispatch.ts'
import { exchangeFor } from '../src/routing/outgoing.ts'
import type { Route, Standby, Target } from '../src/routing/target.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The targets of a request's route, best first. */
    plan(request: FastifyRequest): readonly Target[]
    /** Asks them, and then who stands in for them, until one answers; the answer is committed. */
    dispatch(request: FastifyRequest, reply: FastifyReply): Promise<Answer | CannedAnswer>
  }
}

/** Stage 8: who is asked, in which order, and what is tried again; the loop itself is src/routing/dispatch.ts. */
export default fp(
  async app => {
    app.decorate('plan', request => request.snapshot.planner.order(request.route))
    app.decorate('dispatch', (request, reply) => {
      const { call: envelope, record, presence, route } = request
      const call: Dispatch = {
        envelope,
        record,
        targets: app.plan(request),
        maxAttempts: route.attempts,
        passage: ({ target }) => {
          const { provider } = target.vendor
          const endpoint = provider.endpoints[envelope.operation]
          return passageTo(provider, dialectNamed(endpoint?.dialect ?? envelope.dialect.name), envelope, target.model)
        },
        forward: (candidate, passage) => {
          const exchange = exchangeFor(candidate, passage, envelope)
          return exchange instanceof Promise ? exchange.then(made => reply.forward(made)) : reply.forward(exchange)
        },
        present: () => !presence.gone,
        now: () => performance.now(),
      }
      return route.standby === undefined ? dispatch(call) : degrade(descentOf(request, call, route.standby))
    })
  },
  { name: 'dispatch', dependencies: ['forward', 'budget'] },
)

function descentOf({ caller, snapshot }: FastifyRequest, call: Dispatch, standby: Standby): Descent {
  return {
    call,
    standby,
    // A stand-in is another model: who may not ask for it does not get it either (E16).
    may: model => caller === undefined || caller.may(model),
    targets: model => snapshot.planner.order(snapshot.routes.get(model) as Route),
  }
}
