import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { Collector } from '../src/call/collect.ts'
import type { Event } from '../src/call/event.ts'
import { markResult } from '../src/call/reasoning-origin.ts'
import type { Result } from '../src/call/result.ts'
import { mayUse } from '../src/config/callers.ts'
import { continueFrom, conversationOf } from '../src/dialects/openai-responses/conversation.ts'
import { excerpt, ResponseUnknown } from '../src/errors.ts'
import { idsOf, itemsOf, type Reference, referencesIn } from '../src/responses/items.ts'
import { type Origin, ResponseMemory } from '../src/responses/memory.ts'
import { pinned } from '../src/responses/pin.ts'
import { idOf, type StateWishes, stateWishes } from '../src/responses/wishes.ts'
import type { Answer, CannedAnswer, StreamAnswer, WholeAnswer } from '../src/routing/attempt/answer.ts'
import { everyStandIn } from '../src/routing/degrade/stand-ins.ts'
import type { Route } from '../src/routing/target.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Which caller was given which response. */
    responses: ResponseMemory
  }
  interface FastifyRequest {
    /** For the Responses API: what the request continues, and whether the response shall be stored. */
    wishes: StateWishes | undefined
    /** Called with every event of the stream that answers this request. */
    onEvent: ((event: Event) => void) | undefined
  }
  interface FastifyReply {
    /** Remembers which target gave this response, so that the caller can continue it; stores the turns where the config says so. */
    remember(answer: Answer | CannedAnswer): void
  }
}

/**
 * Responses that continue an earlier one: routed to the vendor that stores it, or, where the gateway stores it, to any vendor with the
 * whole conversation. Before the cache, as it changes the cache key.
 */
export default fp(
  async app => {
    const memory = new ResponseMemory(app.cache)
    app.decorate('responses', memory)
    app.decorateRequest('wishes')
    app.decorateRequest('onEvent')
    app.addHook('preHandler', (request, _reply, done) => {
      if (request.call?.operation !== 'responses') {
        done()
        return
      }
      request.wishes = stateWishes(request.call.body)
      const { previous, conversation } = request.wishes
      if (conversation !== undefined && request.caller !== undefined) {
        throw ResponseUnknown({ param: 'conversation' }, excerpt(conversation))
      }
      // Without keys there is only one caller, so the items are its own.
      const references = request.caller === undefined ? [] : referencesIn(request.call.body)
      if (previous === undefined && references.length === 0) done()
      else resolveReferences(memory, request, previous, references).then(() => done(), done)
    })
    app.decorateReply('remember', function (this: FastifyReply, answer: Answer | CannedAnswer) {
      const { request } = this
      if (request.wishes?.store !== true || (answer.type !== 'whole' && answer.type !== 'stream')) return
      if (answer.passage.dialect === request.call.dialect) rememberOrigin(memory, request, answer)
      else if (request.snapshot.config.responses.state) storeConversation(memory, request, answer)
    })
  },
  { name: 'responses', dependencies: ['answers'] },
)

/** Rejects with ResponseUnknown, and with InvalidRequest where the requested model has no target that stores it. */
async function resolveReferences(
  memory: ResponseMemory,
  request: FastifyRequest,
  previous: string | undefined,
  references: readonly Reference[],
): Promise<void> {
  for (const { id, at } of references) {
    const known = await memory.find(request.caller?.name, id)
    if (known === undefined) throw ResponseUnknown({ param: at }, excerpt(id))
    pin(request, known.origin, at)
  }
  if (previous !== undefined) await continueResponse(memory, request, previous)
}

async function continueResponse(memory: ResponseMemory, request: FastifyRequest, previous: string): Promise<void> {
  const { caller, call } = request
  const known = await memory.find(caller?.name, previous)
  if (known?.held !== undefined) call.replace(continueFrom(call.decode(), known.held.turns))
  else if (known !== undefined) pin(request, known.origin, 'previous_response_id')
  // Without keys there is only one caller, so the id is its own, if from before a restart.
  else if (caller !== undefined) throw ResponseUnknown({ param: 'previous_response_id' }, excerpt(previous))
}

/** A stand-in may have given it; where the model still degrades to that one, it is the one that stores it. */
function pin(request: FastifyRequest, origin: Origin, param: string): void {
  const { caller, route, snapshot } = request
  const standIns = everyStandIn(route.standby, {
    may: mayUse(caller),
    route: model => snapshot.routes.get(model) as Route,
  })
  request.route = pinned(route, origin, param, standIns)
}

function originOf({ attempt: { candidate } }: WholeAnswer | StreamAnswer): Origin {
  return { target: candidate.target.id, key: candidate.key.index }
}

function rememberOrigin(memory: ResponseMemory, request: FastifyRequest, answer: WholeAnswer | StreamAnswer): void {
  const { caller, snapshot } = request
  const remember = (id: string): void => {
    memory.remember(caller?.name, id, { origin: originOf(answer) }, snapshot.config.responses.ttl)
  }
  const id = answer.type === 'whole' ? (answer.result?.id ?? idOf(answer.body)) : startedId(answer)
  if (id) remember(id)
  if (caller === undefined) return
  if (answer.type === 'whole') {
    for (const item of itemsOf(answer.body)) remember(item)
    return
  }
  request.onEvent = event => {
    if (event.type === 'block-open') for (const item of idsOf([event.content])) remember(item)
  }
}

/** A committed stream has had its start event. */
function startedId({ items }: StreamAnswer): string | undefined {
  return items.flatMap(({ events }) => events).find(event => event.type === 'start')?.id
}

/** Stores the conversation with the answer, once that is complete. */
function storeConversation(memory: ResponseMemory, request: FastifyRequest, answer: WholeAnswer | StreamAnswer): void {
  const keep = (result: Result): void => {
    const { call, caller, snapshot } = request
    if (result.id === '') return
    const said = { role: 'assistant' as const, blocks: result.outputs[0]?.blocks ?? [] }
    const turns = [...conversationOf(call.decode()), said]
    const held = { turns, body: call.dialect.writeResponse(result).body }
    memory.remember(caller?.name, result.id, { origin: originOf(answer), held }, snapshot.config.responses.ttl)
  }
  if (answer.type === 'whole') {
    if (answer.result !== undefined) keep(answer.result)
    return
  }
  const collector = new Collector()
  request.onEvent = event => {
    collector.push(event)
    if (event.type === 'end') keep(markResult(collector.result(), answer.passage.signer, request.call.dialect.name))
  }
}
