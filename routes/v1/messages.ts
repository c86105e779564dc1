import type { FastifyPluginAsync } from 'fastify'

/** Anthropic's messages. Its SDKs and Claude Code add `?beta=true`. */
const messages: FastifyPluginAsync = async app => {
  app.post(
    '/v1/messages',
    { config: { dialect: 'anthropic', operation: 'chat', query: ['beta'], rateLimit: {} } },
    async (request, reply) => {
      const answer = await app.dispatch(request, reply)
      return reply.relay(answer)
    },
  )
}

export default messages
