import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { InvalidRequest, type SluiceError } from '../src/errors.ts'

/** What HTTP itself asks of the head of a request, refused in the dialect of the client: Node's own answers are empty. */
export default fp(
  async app => {
    // Node hands it on only to who listens for it.
    app.server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
      app.server.emit('request', request, response)
    })
    app.addHook('onRequest', (request, reply, done) => {
      const error = faultIn(request)
      // Whether a body follows is for the client to know, who waits to be told.
      if (error !== undefined) reply.header('x-request-id', request.id).header('connection', 'close')
      done(error)
    })
  },
  { name: 'head', dependencies: ['errors'] },
)

/** RFC 9112, 3.2, and RFC 9110, 10.1.1; older clients need neither know. */
function faultIn({ headers: { host, expect }, raw }: FastifyRequest): SluiceError | undefined {
  if (host !== undefined && expect === undefined) return undefined
  if (raw.httpVersion !== '1.1') return undefined
  if (host === undefined) return InvalidRequest({}, 'The request has no host header.')
  if (/(?:^|\W)100-continue(?:$|\W)/i.test(expect ?? '')) return undefined
  const error = InvalidRequest({}, 'The request expects something else than 100-continue, which nobody here can meet.')
  return Object.assign(error, { statusCode: 417 })
}
