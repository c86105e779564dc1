import type { FastifyPluginAsync } from 'fastify'

/** Amazon Bedrock's Converse and ConverseStream. The model is in the path, percent-encoded. */
const converse: FastifyPluginAsync = async app => {
  for (const stream of [false, true]) {
    app.post(
      stream ? '/model/:modelId/converse-stream' : '/model/:modelId/converse',
      {
        config: {
          dialect: 'bedrock',
          operation: 'chat',
          address: ({ modelId = '' }) => ({ model: modelId, stream }),
          rateLimit: {},
        },
      },
      async (request, reply) => {
        const answer = await app.dispatch(request, reply)
        return reply.relay(answer)
      },
    )
  }
}

export default converse
