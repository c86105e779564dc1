import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import {
  Cancelled,
  excerpt,
  InvalidRequest,
  ResponseUnknown,
  UpstreamAnswer,
  UpstreamKey,
  UpstreamNetwork,
  UpstreamTimeout,
} from '../src/errors.ts'
import { looksLikeJson } from '../src/relay/whole.ts'
import { type Action, aboutResponse } from '../src/responses/ask-vendor.ts'
import type { Held, Origin } from '../src/responses/memory.ts'
import { queryFor } from '../src/responses/query.ts'
import type { WholeOutcome } from '../src/upstream/outcome.ts'

declare module 'fastify' {
  interface FastifyReply {
    /** Reads, deletes or cancels a response of this caller, at the vendor that stores it or here. */
    handleStored(id: string, action: Action): Promise<FastifyReply>
  }
}

/** Earlier responses, by their ids. Another caller's does not exist. */
export default fp(
  async app => {
    app.decorateReply('handleStored', async function (this: FastifyReply, id: string, action: Action) {
      const { caller, snapshot } = this.request
      const known = await app.responses.find(caller?.name, id)
      if (known === undefined) throw ResponseUnknown({}, excerpt(id))
      if (known.held === undefined) {
        const { status, body } = await askVendor(this.request, known.origin, id, action)
        if (action === 'delete' && status < 300) app.responses.forget(caller?.name, id, snapshot.config.responses.ttl)
        return this.code(status).header('x-sluice-target', known.origin.target).type('application/json').send(body)
      }
      if (action === 'delete') app.responses.forget(caller?.name, id, snapshot.config.responses.ttl)
      return this.type('application/json').send(JSON.stringify(heldAnswer(known.held, id, action)))
    })
  },
  { name: 'stored-responses', dependencies: ['responses'] },
)

/** Throws where the vendor's answer may not be shown. */
async function askVendor(
  { snapshot, presence, url }: FastifyRequest,
  { target, key }: Origin,
  id: string,
  action: Action,
): Promise<WholeOutcome> {
  const vendor = snapshot.vendors.get(target.slice(0, target.indexOf('/')))
  const vendorKey = vendor?.keys.find(({ index }) => index === key)
  if (vendor === undefined || vendorKey === undefined) throw ResponseUnknown({}, excerpt(id))
  const exchange = await aboutResponse(vendor, vendorKey, id, action, queryFor(url))
  presence.watch(exchange)
  exchange.start()
  const outcome = await exchange.outcome
  if (presence.gone) throw Cancelled()
  if (outcome.type === 'failed') {
    throw (outcome.kind === 'timeout' ? UpstreamTimeout : UpstreamNetwork)({}, outcome.reason)
  }
  if (outcome.type === 'stream') {
    outcome.body.abort()
    throw UpstreamAnswer({}, 'it is an event stream that nobody asked for')
  }
  // The vendor's message may name the key that it refused.
  if (outcome.status === 401 || outcome.status === 403) throw UpstreamKey()
  if (!looksLikeJson(outcome.body)) throw UpstreamAnswer({}, 'it is not JSON')
  return outcome
}

function heldAnswer({ body }: Held, id: string, action: Action): object {
  if (action === 'read') return body
  if (action === 'read-input') {
    throw InvalidRequest(
      { param: 'id' },
      'the gateway keeps this response itself, and no list of what it was asked with',
    )
  }
  if (action === 'delete') return { id, object: 'response', deleted: true }
  throw InvalidRequest(
    { param: 'id' },
    'only a response that runs in the background can be cancelled, and this one is over',
  )
}
