import type { FastifyPluginAsync } from 'fastify'

/** Gemini's calls of a model: which model and which call (`MODEL:streamGenerateContent`), the path says. */
const generateContent: FastifyPluginAsync = async app => {
  app.post(
    '/v1beta/models/*',
    { config: { dialect: 'gemini', operation: 'chat', keyInQuery: true, rateLimit: {} } },
    async (request, reply) => {
      const answer = await app.dispatch(request, reply)
      return reply.relay(answer)
    },
  )
}

export default generateContent
