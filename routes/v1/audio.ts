import type { FastifyPluginAsync } from 'fastify'
import type { PlainOperation } from '../../src/call/call.ts'

/** OpenAI's audio: a sound out of a text, and texts out of a sound. */
const audio: FastifyPluginAsync = async app => {
  serve('/v1/audio/speech', 'speech')
  serve('/v1/audio/transcriptions', 'transcription')
  serve('/v1/audio/translations', 'translation')

  function serve(path: string, operation: PlainOperation): void {
    app.post(path, { config: { dialect: 'openai-plain', operation, rateLimit: {} } }, async (request, reply) => {
      const answer = await app.dispatch(request, reply)
      return reply.relay(answer)
    })
  }
}

export default audio
