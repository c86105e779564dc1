import type { FastifyPluginAsync } from 'fastify'

/**
 * Gemini's calls of a model: which model and which call (`MODEL:streamGenerateContent`), the path says. Google's newer SDKs ask
 * below `/v1`.
 */
const generateContent: FastifyPluginAsync = async app => {
  for (const path of ['/v1beta/models/*', '/v1/models/*']) {
    app.post(
      path,
      { config: { dialect: 'gemini', operation: 'chat', keyInQuery: true, rateLimit: {} } },
      async (request, reply) => {
        const answer = await app.dispatch(request, reply)
        return reply.relay(answer)
      },
    )
  }
}

export default generateContent
