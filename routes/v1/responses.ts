import type { FastifyPluginAsync } from 'fastify'

interface ById {
  Params: { id: string }
}

/** OpenAI's Responses API, which Codex speaks. */
const responses: FastifyPluginAsync = async app => {
  const dialect = 'openai-responses'

  app.post('/v1/responses', { config: { dialect, operation: 'responses', rateLimit: {} } }, async (request, reply) => {
    const answer = await app.dispatch(request, reply)
    reply.remember(answer)
    return reply.relay(answer)
  })

  app.get<ById>('/v1/responses/:id', { config: { dialect, rateLimit: {} } }, (request, reply) =>
    reply.handleStored(request.params.id, 'read'),
  )

  app.get<ById>('/v1/responses/:id/input_items', { config: { dialect, rateLimit: {} } }, (request, reply) =>
    reply.handleStored(request.params.id, 'read-input'),
  )

  app.delete<ById>('/v1/responses/:id', { config: { dialect, rateLimit: {} } }, (request, reply) =>
    reply.handleStored(request.params.id, 'delete'),
  )

  app.post<ById>('/v1/responses/:id/cancel', { config: { dialect, rateLimit: {} } }, (request, reply) =>
    reply.handleStored(request.params.id, 'cancel'),
  )
}

export default responses
