import type { FastifyPluginAsync } from 'fastify'

/** OpenAI's Responses API, which Codex speaks. */
const responses: FastifyPluginAsync = async app => {
  app.post(
    '/v1/responses',
    { config: { dialect: 'openai-responses', operation: 'responses', rateLimit: {} } },
    async (request, reply) => {
      const answer = await app.dispatch(request, reply)
      return reply.relay(answer)
    },
  )
}

export default responses
