import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Operation } from '../src/call/call.ts'
import type { Dialect, PathWords } from '../src/dialects/dialect.ts'
import { dialectNamed } from '../src/dialects/index.ts'
import { EmptyBody, RouteUnknown } from '../src/errors.ts'
import { LONGEST_NAME } from '../src/meter/record.ts'
import { Envelope } from '../src/relay/envelope.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Set on the routes that vendors answer. */
    operation?: Operation
    /** Query parameters that may be sent to the vendor. */
    query?: readonly string[]
  }
  interface FastifyRequest {
    /** The client's call, not decoded yet: model, stream, size. Blocks are decoded on demand. */
    call: Envelope
  }
}

/** Stage 5: from bytes to a call. */
export default fp(
  async app => {
    app.decorateRequest('call')
    app.addHook('preHandler', (request, _reply, done) => {
      const { operation, query, dialect: spoken } = request.routeOptions.config
      if (operation === undefined) {
        done()
        return
      }
      const body = request.body as Buffer | undefined
      const dialect = spoken === undefined ? request.dialect : dialectNamed(spoken)
      const path = pathWords(request, dialect)
      if (body === undefined || body.length === 0) throw EmptyBody()
      const { headers } = request
      const call = new Envelope({
        body,
        dialect,
        operation: path?.operation ?? operation,
        headers,
        query: allowed(request.query, query),
        path,
      })
      request.call = call
      request.record.model = call.model.slice(0, LONGEST_NAME)
      request.record.stream = call.stream
      done()
    })
  },
  { name: 'call', dependencies: ['body', 'errors', 'meter'] },
)

/** What the path says, in dialects that put the model there. Throws RouteUnknown. */
function pathWords({ method, params, query, url }: FastifyRequest, dialect: Dialect): PathWords | undefined {
  if (dialect.readPath === undefined) return undefined
  const words = dialect.readPath((params as { '*': string })['*'], query as Record<string, unknown>)
  if (words === undefined) throw RouteUnknown({}, method, (url.split('?', 1)[0] as string).slice(0, 200))
  return words
}

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
