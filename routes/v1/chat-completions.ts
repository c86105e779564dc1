import type { FastifyPluginAsync } from 'fastify'

/** OpenAI's chat completions. */
const chatCompletions: FastifyPluginAsync = async app => {
  app.post(
    '/v1/chat/completions',
    { config: { dialect: 'openai-chat', operation: 'chat', rateLimit: {} } },
    async (request, reply) => {
      const answer = await app.dispatch(request, reply)
      return reply.relay(answer)
    },
  )
}

export default chatCompletions
