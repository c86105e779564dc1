import type { FastifyPluginAsync } from 'fastify'

/** OpenAI's embeddings, also of vendors that have them in a form of their own. */
const embeddings: FastifyPluginAsync = async app => {
  app.post(
    '/v1/embeddings',
    { config: { dialect: 'openai-plain', operation: 'embeddings', rateLimit: {} } },
    async (request, reply) => {
      const answer = await app.dispatch(request, reply)
      return reply.relay(answer)
    },
  )
}

export default embeddings
