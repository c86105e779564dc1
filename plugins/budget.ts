import fp from 'fastify-plugin'
import type { Route } from '../src/routing/target.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who can answer the model that was asked for. */
    route: Route
  }
}

/** Stage 6: may this caller use this model? Asked of the one model that the scanner found, which is the one that is sent. */
export default fp(
  async app => {
    app.decorateRequest('route')
    app.addHook('preHandler', (request, _reply, done) => {
      const { call, caller } = request
      if (call === undefined) {
        done()
        return
      }
      const may = (model: string) => caller === undefined || caller.may(model)
      try {
        request.route = request.snapshot.planner.route(call.model, may)
      } catch (error) {
        request.refundRequest()
        throw error
      }
      done()
    })
  },
  { name: 'budget', dependencies: ['call', 'request-limit'] },
)
