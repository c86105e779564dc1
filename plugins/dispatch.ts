import { setTimeout } from 'node:timers/promises'
import fp from 'fastify-plugin'
import { dialectNamed } from '../src/dialects/index.ts'
import { passageTo } from '../src/relay/passage.ts'
import type { Answer } from '../src/routing/answer.ts'
import { dispatch } from '../src/routing/dispatch.ts'
import { exchangeFor } from '../src/routing/outgoing.ts'
import type { Target } from '../src/routing/target.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The targets of a request's route, best first. */
    plan(request: FastifyRequest): readonly Target[]
    /** Asks them until one answers; the answer is committed. */
    dispatch(request: FastifyRequest, reply: FastifyReply): Promise<Answer>
  }
}

/** Stage 8: who is asked, in which order, and what is tried again; the loop itself is src/routing/dispatch.ts. */
export default fp(
  async app => {
    app.decorate('plan', ({ snapshot, route, call: envelope, caller }) =>
      snapshot.planner.order(route, { envelope, caller: caller?.name, now: performance.now() }),
    )
    app.decorate('dispatch', (request, reply) => {
      const { call: envelope, record, presence, route } = request
      return dispatch({
        envelope,
        record,
        targets: app.plan(request),
        maxAttempts: route.attempts,
        passage: ({ target }) => {
          const { provider } = target.vendor
          const endpoint = provider.endpoints[envelope.operation]
          return passageTo(provider, dialectNamed(endpoint?.dialect ?? envelope.dialect.name), envelope, target.model)
        },
        hedge: route.hedge,
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
      })
    })
  },
  { name: 'dispatch', dependencies: ['forward', 'budget'] },
)
