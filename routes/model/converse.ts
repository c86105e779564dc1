import type { FastifyPluginAsync } from 'fastify'

/** Amazon Bedrock's Converse and ConverseStream; which of them, and the model, is in the path. */
const converse: FastifyPluginAsync = async app => {
  app.post('/model/*', { config: { dialect: 'bedrock', operation: 'chat', rateLimit: {} } }, async (request, reply) => {
    const answer = await app.dispatch(request, reply)
    return reply.relay(answer)
  })
}

export default converse
