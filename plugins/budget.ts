import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { CallerRule } from '../src/config/caller-rules.ts'
import { Cancelled } from '../src/errors.ts'
import { refusal, tokenHeaders } from '../src/limits/admit.ts'
import type { Taken } from '../src/limits/bucket.ts'
import { demandOf, rulesFor } from '../src/limits/caller-demands.ts'
import type { Admission } from '../src/limits/reservation.ts'
import type { Route } from '../src/routing/target.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who can answer the model that was asked for. */
    route: Route
  }
}

/**
 * Stage 6: may this caller use this model, and has it room for this request in its limits? Asked of the one model that the
 * scanner found, which is the one that is sent. What is taken here is given back at stage 10, however the request ends.
 */
export default fp(
  async app => {
    app.decorateRequest('route')
    app.addHook('preHandler', (request, reply, done) => {
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
      if (caller?.rules === undefined) {
        done()
        return
      }
      const rules = rulesFor(caller.rules, call.model)
      const admission = app.reservations.reserve(rules.map(rule => demandOf(rule, call.tokens)))
      if (admission instanceof Promise) {
        admission.then(answer => admit(app, request, reply, rules, answer)).then(() => done(), done)
      } else {
        admit(app, request, reply, rules, admission)
        done()
      }
    })
  },
  { name: 'budget', dependencies: ['call', 'request-limit'] },
)

/** Throws the refusal of a limit, and Cancelled when the client has left while other machines were asked. */
function admit(
  app: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
  rules: readonly CallerRule[],
  admission: Admission,
): void {
  const { call, record, presence } = request
  const { reservation, refused, taken } = admission
  if (reservation === undefined) {
    const rule = rules[refused] as CallerRule
    request.refundRequest()
    app.meters.limited.inc({ limit: rule.limit })
    throw refusal(rule, taken[refused] as Taken, call.tokens)
  }
  record.reservation = reservation
  record.promptTokens = call.promptTokens
  if (presence.gone) {
    // Stage 10 may be over.
    reservation.settle(0)
    throw Cancelled()
  }
  const headers = tokenHeaders(rules, admission)
  if (headers !== undefined) reply.headers(headers)
}
