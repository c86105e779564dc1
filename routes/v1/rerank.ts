import type { FastifyPluginAsync } from 'fastify'

/** Cohere's rerank, which Jina, Together, vLLM and others took over. */
const rerank: FastifyPluginAsync = async app => {
  app.post(
    '/v1/rerank',
    { config: { dialect: 'openai-plain', operation: 'rerank', rateLimit: {} } },
    async (request, reply) => {
      const answer = await app.dispatch(request, reply)
      return reply.relay(answer)
    },
  )
}

export default rerank
