import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { endpointFor } from '../src/providers/endpoint-for.ts'

/**
 * Stage 6, the end of it: how many tokens a call of Google's would have is asked of vendors that count, and estimated for a model
 * that no such vendor has. Before stage 7, where requests are joined to wait for a vendor: nobody has to wait for this.
 */
export default fp(
  async app => {
    app.addHook('preHandler', (request, reply, done) => {
      if (request.call?.operation !== 'google-count-tokens' || isCounted(request)) done()
      else estimate(request, reply).catch(done)
    })
  },
  { name: 'estimate', dependencies: ['budget'] },
)

function isCounted({ route, call }: FastifyRequest): boolean {
  return route.targets.some(({ vendor }) => endpointFor(vendor.provider, call.operation) !== undefined)
}

/** Answers in Google's form. Rejects with MalformedJson or InvalidRequest. */
async function estimate({ call }: FastifyRequest, reply: FastifyReply): Promise<void> {
  const asked = await call.pace(call.decoding())
  const { estimateTokens } = await import('../src/tokens/estimate.ts')
  reply.header('x-sluice-estimated', 'true').send({ totalTokens: await estimateTokens(asked) })
}
