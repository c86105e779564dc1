import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { mayUse } from '../src/config/callers.ts'
import { Cancelled, EmptyBody } from '../src/errors.ts'
import { LONGEST_NAME } from '../src/meter/record.ts'
import { Envelope } from '../src/relay/envelope.ts'
import { looksLikeJson } from '../src/relay/whole.ts'
import { counterOf, countingOf } from '../src/routing/count-tokens.ts'
import type { WholeOutcome } from '../src/upstream/outcome.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Answers with the number of tokens of a prompt: counted by the vendor, else estimated. */
    countTokens(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply>
  }
}

/** Sent by Anthropic's SDKs and Claude Code. */
const BETA = 'beta=true'

/**
 * Counting is not a call: it uses none of the caller's tokens, is not cached, and involves neither breakers nor queues. An answer that
 * is no count (a 404 of a server without this route, a 429) is replaced by the estimate; a 400 is passed to the client.
 */
export default fp(
  async app => {
    app.decorate('countTokens', async (request, reply) => {
      const envelope = open(request)
      const { caller, snapshot, record } = request
      record.model = envelope.model.slice(0, LONGEST_NAME)
      const route = snapshot.planner.route(envelope.model, mayUse(caller))
      const counter = counterOf(route, envelope, performance.now())
      const exchange = counter && (await countingOf(counter, envelope))
      if (counter !== undefined && exchange !== undefined) {
        request.presence.watch(exchange)
        exchange.start()
        const outcome = await exchange.outcome
        if (request.presence.gone) throw Cancelled()
        if (outcome.type === 'stream') outcome.body.abort()
        if (outcome.type === 'whole' && isForClient(outcome)) {
          reply.header('x-sluice-target', counter.target.id)
          return reply.code(outcome.status).type('application/json').send(outcome.body)
        }
      }
      const { estimateTokens } = await import('../src/tokens/estimate.ts')
      const tokens = await estimateTokens(await envelope.pace(envelope.decoding()))
      return reply.header('x-sluice-estimated', 'true').send({ input_tokens: tokens })
    })
  },
  { name: 'count-tokens', dependencies: ['auth', 'errors'] },
)

/** Throws EmptyBody, MalformedJson and InvalidRequest. */
function open({ body, dialect, headers, query }: FastifyRequest): Envelope {
  if (!Buffer.isBuffer(body) || body.length === 0) throw EmptyBody()
  const beta = (query as Readonly<Record<string, unknown>>).beta === 'true'
  return new Envelope({ body, dialect, operation: 'chat', headers, query: beta ? BETA : '' })
}

function isForClient({ status, body }: WholeOutcome): boolean {
  return (status === 200 || status === 400) && looksLikeJson(body)
}
