import type { FastifyPluginAsync } from 'fastify'

/** How many tokens a message would cost, in Anthropic's form. */
const countTokens: FastifyPluginAsync = async app => {
  app.post('/v1/messages/count_tokens', { config: { dialect: 'anthropic', rateLimit: {} } }, async (request, reply) =>
    app.countTokens(request, reply),
  )
}

export default countTokens
