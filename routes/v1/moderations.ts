import type { FastifyPluginAsync } from 'fastify'

/** OpenAI's moderations. */
const moderations: FastifyPluginAsync = async app => {
  app.post(
    '/v1/moderations',
    { config: { dialect: 'openai-plain', operation: 'moderations', rateLimit: {} } },
    async (request, reply) => {
      const answer = await app.dispatch(request, reply)
      return reply.relay(answer)
    },
  )
}

export default moderations
