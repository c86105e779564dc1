import type { FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import { ByteRelay } from '../src/relay/byte-relay.ts'
import { ClientStream } from '../src/relay/client-stream.ts'
import type { BytesAnswer } from '../src/routing/attempt/answer.ts'
import { header } from '../src/upstream/outcome.ts'

declare module 'fastify' {
  interface FastifyReply {
    /** Streams an answer of any media type; settles the attempt and the record. */
    relayBytes(answer: BytesAnswer): FastifyReply
  }
}

/** The vendor's headers that describe the bytes. */
const OF_THE_BYTES = ['content-type', 'content-disposition']

/** Stage 9 for audio, subtitles and the like. Their usage is not reported: limits keep what was reserved. */
export default fp(
  async app => {
    app.decorateReply('relayBytes', function (this: FastifyReply, answer: BytesAnswer) {
      const { record, presence } = this.request
      const { attempt, body, status, headers } = answer
      for (const name of OF_THE_BYTES) {
        const value = header(headers, name)
        if (value !== undefined) this.header(name, value)
      }
      this.hijack()
      this.raw.writeHead(status, this.getHeaders() as Record<string, string>)
      const client = new ClientStream(this.raw, body)
      const reader = {
        write: (chunk: Buffer) => client.write(chunk),
        end: () => client.end(),
        cut: () => {
          presence.hangUp()
          this.raw.destroy()
        },
      }
      const relay = new ByteRelay(reader, failure => {
        record.failure = presence.gone ? 'cancelled' : failure?.kind
        attempt.settle(performance.now(), record.failure, failure?.reason)
      })
      relay.start(body)
      return this
    })
  },
  { name: 'relay-bytes', dependencies: ['dispatch'] },
)
