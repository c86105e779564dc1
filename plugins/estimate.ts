import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { endpointFor } from '../src/providers/endpoint-for.ts'

/**
 * End of stage 6: Google's countTokens goes to vendors that count; for models without such a vendor it is estimated here, before
 * stage 7, as there is no upstream call to share.
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

/** Answers in Google's format. Rejects with MalformedJson or InvalidRequest. */
async function estimate({ call }: FastifyRequest, reply: FastifyReply): Promise<void> {
  const asked = await call.pace(call.decoding())
  const { estimateTokens } = await import('../src/tokens/estimate.ts')
  reply.header('x-sluice-estimated', 'true').send({ totalTokens: await estimateTokens(asked) })
}
