import type { FastifyPluginAsync } from 'fastify'
import type { PlainOperation } from '../../src/call/call.ts'

/** OpenAI's images. What is edited comes in a form, or as JSON. */
const images: FastifyPluginAsync = async app => {
  serve('/v1/images/generations', 'image-generation')
  serve('/v1/images/edits', 'image-edit')
  serve('/v1/images/variations', 'image-variation')

  function serve(path: string, operation: PlainOperation): void {
    app.post(path, { config: { dialect: 'openai-plain', operation, rateLimit: {} } }, async (request, reply) => {
      const answer = await app.dispatch(request, reply)
      return reply.relay(answer)
    })
  }
}

export default images
