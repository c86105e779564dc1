import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { CallerRule } from '../src/config/caller-rules.ts'
import { mayUse } from '../src/config/callers.ts'
import { Cancelled } from '../src/errors.ts'
import type { Taken } from '../src/limits/bucket.ts'
import { demandOf, refusal, rulesFor, tokenHeaders } from '../src/limits/caller-limits.ts'
import type { Admission } from '../src/limits/reservation.ts'
import type { Route } from '../src/routing/target.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The route of the requested model. */
    route: Route
  }
}

/**
 * Stage 6: may this caller use this model, and do its limits have room for this request? Checked for the one model that the scanner
 * found, which is the one that is sent. What is reserved here is settled at stage 10, however the request ends.
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
      try {
        request.route = request.snapshot.planner.route(call.model, mayUse(caller))
      } catch (error) {
        request.refundRequest()
        throw error
      }
      const rules = rulesFor(caller?.rules, call.model)
      if (rules === undefined) {
        done()
        return
      }
      const admission = app.reservations.reserve(rules.map(rule => demandOf(rule, call.tokens)))
      if (admission instanceof Promise) {
        const began = performance.now()
        const admitted = admission.then(answer => {
          request.record.redisMs += performance.now() - began
          admit(answer, rules, request, reply)
        })
        admitted.then(() => done(), done)
      } else {
        admit(admission, rules, request, reply)
        done()
      }
    })

    /** Throws the refusal of a limit, and Cancelled when the client left while Redis was asked. */
    function admit(
      { reservation, refused, taken }: Admission,
      rules: readonly CallerRule[],
      request: FastifyRequest,
      reply: FastifyReply,
    ): void {
      const { call, record, presence } = request
      if (reservation === undefined) {
        const rule = rules[refused] as CallerRule
        request.refundRequest()
        app.meters.limited.inc({ limit: rule.limit })
        throw refusal(rule, taken[refused] as Taken, call.tokens)
      }
      if (presence.gone) {
        // The request may have been settled meanwhile.
        reservation.settle(0)
        throw Cancelled()
      }
      record.reservation = reservation
      record.promptTokens = call.promptTokens
      const headers = tokenHeaders(rules, taken)
      if (headers !== undefined) reply.headers(headers)
    }
  },
  { name: 'budget', dependencies: ['call', 'request-limit'] },
)
