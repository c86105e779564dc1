import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { InvalidRequest, type SluiceError } from '../src/errors.ts'

/** Refuses, in the client's dialect, requests whose head breaks HTTP's own rules: Node's answers have no body. */
export default fp(
  async app => {
    // Without a listener Node answers an unknown expectation by itself.
    app.server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
      app.server.emit('request', request, response)
    })
    app.addHook('onRequest', (request, reply, done) => {
      const error = faultIn(request)
      // A body may or may not follow, so the connection cannot be used again.
      if (error !== undefined) reply.header('x-request-id', request.id).header('connection', 'close')
      done(error)
    })
  },
  { name: 'head', dependencies: ['errors'] },
)

/** RFC 9112, 3.2, and RFC 9110, 10.1.1, which bind HTTP/1.1 clients only. */
function faultIn({ headers: { host, expect }, raw }: FastifyRequest): SluiceError | undefined {
  if (host !== undefined && expect === undefined) return undefined
  if (raw.httpVersion !== '1.1') return undefined
  if (host === undefined) return InvalidRequest({}, 'The request has no host header.')
  if (/(?:^|\W)100-continue(?:$|\W)/i.test(expect ?? '')) return undefined
  const error = InvalidRequest({}, 'The only expectation that can be met is 100-continue.')
  return Object.assign(error, { statusCode: 417 })
}
