import fp from 'fastify-plugin'
import type { Operation } from '../src/call/call.ts'
import type { Address } from '../src/dialects/dialect.ts'
import { dialectNamed } from '../src/dialects/index.ts'
import { EmptyBody } from '../src/errors.ts'
import { Envelope } from '../src/relay/envelope.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Set on the routes that are answered by a vendor. */
    operation?: Operation
    /** Names of the query parameters that may go to the vendor. */
    query?: readonly string[]
    /** On routes whose path says the model and whether to stream, and the body does not: what the path says. */
    address?(params: Readonly<Record<string, string>>): Address
  }
  interface FastifyRequest {
    /** The client's call, unopened: model, stream, size. Blocks are decoded on demand. */
    call: Envelope
  }
}

/** A client may call a megabyte its model; the log does not. */
const LONGEST_NAME = 256

/** Stage 5: from bytes to a call. */
export default fp(
  async app => {
    app.decorateRequest('call')
    app.addHook('preHandler', (request, _reply, done) => {
      const { operation, query, address: addressOf, dialect: spoken } = request.routeOptions.config
      if (operation === undefined) {
        done()
        return
      }
      const body = request.body as Buffer | undefined
      if (body === undefined || body.length === 0) throw EmptyBody()
      const dialect = spoken === undefined ? request.dialect : dialectNamed(spoken)
      const { headers } = request
      const address = addressOf?.(request.params as Record<string, string>)
      const call = new Envelope({ body, dialect, operation, headers, address, query: allowed(request.query, query) })
      request.call = call
      request.record.model = call.model.slice(0, LONGEST_NAME)
      request.record.stream = call.stream
      done()
    })
  },
  { name: 'call', dependencies: ['body', 'errors', 'meter'] },
)

/** The allow-listed part of the query string: a client's `?key=...` must not reach a vendor. */
function allowed(query: unknown, names: readonly string[] | undefined): string {
  if (names === undefined) return ''
  const given = query as Record<string, unknown>
  const kept = new URLSearchParams()
  for (const name of names) {
    const value = given[name]
    if (typeof value === 'string') kept.set(name, value)
  }
  return kept.toString()
}
