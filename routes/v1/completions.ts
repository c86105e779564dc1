import type { FastifyPluginAsync } from 'fastify'

/** OpenAI's text completions; a vendor without them is asked for a chat completion. */
const completions: FastifyPluginAsync = async app => {
  app.post(
    '/v1/completions',
    { config: { dialect: 'openai-completions', operation: 'completions', rateLimit: {} } },
    async (request, reply) => {
      const answer = await app.dispatch(request, reply)
      return reply.relay(answer)
    },
  )
}

export default completions
