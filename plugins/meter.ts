import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { RequestLog } from '../src/logger.ts'
import { chargedTokens } from '../src/meter/charge.ts'
import { utilizationSinceLast } from '../src/meter/event-loop.ts'
import { logLine } from '../src/meter/log-line.ts'
import { createMeters, type Meters } from '../src/meter/metrics.ts'
import { CallRecord } from '../src/meter/record.ts'
import { Settlement } from '../src/meter/settle.ts'
import type { Presence } from '../src/relay/presence.ts'
import { allowanceGauges } from '../src/routing/quota/allowance-gauges.ts'
import { isInUse } from '../src/routing/reload/in-use.ts'

declare module 'fastify' {
  interface FastifyInstance {
    meters: Meters
  }
  interface FastifyRequest {
    /** What happened to this request; each stage writes its own part. */
    record: CallRecord
  }
}

/** The status recorded for a client that disconnected, as in nginx. */
const CLIENT_CLOSED_REQUEST = 499
/** The gauge's value for each breaker state. */
const STATES = { closed: 0, 'half-open': 1, open: 2 }

/** Stage 2 opens the record; stage 10, on the response's close, settles it: metrics and one log line, once for every request. */
export default fp<{ logRequest: RequestLog; droppedLines: () => number }>(
  async (app, { logRequest, droppedLines }) => {
    const meters = createMeters(app.registry, {
      ...allowanceGauges(app.breakers.allowances, () => performance.now()),
      configReloads: counter => {
        for (const [result, count] of Object.entries(app.reloads.counts)) counter.set({ result }, count)
      },
      logDropped: counter => counter.set({}, droppedLines()),
      eventLoopUtilization: utilizationSinceLast(),
      // A primary adds up those of its workers.
      workers: gauge => gauge.set({}, 1),
      queueDepth: gauge => {
        for (const { name, queue } of app.live.snapshot.routes.values())
          if (queue) gauge.set({ model: name }, queue.depth)
      },
    })
    const inflight = meters.inflight.labels({})
    const settlement = new Settlement(meters)
    const ended: { request: FastifyRequest; reply: FastifyReply; client: Presence; at: number }[] = []
    app.decorate('meters', meters)
    app.decorateRequest('record')
    app.breakers.onState((labels, state) => {
      meters.breakerState.set({ ...labels }, STATES[state])
      app.log.warn({ ...labels, state }, 'breaker changed')
    })
    app.live.onDrained(inUse => settlement.retain(labels => isInUse(labels, inUse)))
    app.breakers.onDrop(labels => meters.breakerState.remove({ ...labels }))

    app.addHook('onRequest', (request, reply, done) => {
      const { url = 'unknown', config } = request.routeOptions
      const record = new CallRecord(request.id, url, performance.now())
      request.record = record
      inflight.inc()
      reply.header('x-request-id', request.id)
      // Read by Anthropic's SDKs.
      if (config.dialect === 'anthropic') reply.header('request-id', request.id)
      // A later stage may replace it by the presence of all that share the call.
      const client = request.presence
      reply.raw.on('close', () => {
        inflight.dec()
        const entry = { request, reply, client, at: performance.now() }
        if (record.outlasting === undefined) end(entry)
        else void record.outlasting.then(() => end(entry))
      })
      done()
    })
    app.addHook('onClose', async () => settleAll())

    function end(entry: (typeof ended)[number]): void {
      if (ended.push(entry) === 1) setImmediate(settleAll)
    }

    // Requests that ended in one turn of the event loop are settled together, with one write for all log lines. By then the attempt of
    // a client that left has been aborted and recorded.
    function settleAll(): void {
      const lines = []
      for (const { request, reply, client, at } of ended.splice(0)) {
        const { record } = request
        readReport(request)
        const status = client.gone ? CLIENT_CLOSED_REQUEST : reply.raw.statusCode
        if (record.usage !== undefined) record.payer?.used(record.usage.input + record.usage.output)
        record.reservation?.settle(chargedTokens(record, client.gone))
        settlement.settle(record, status, at)
        lines.push(logLine(record, status, at))
        request.snapshot.requests.end()
        if (record.losses.length > 0) request.log.debug({ losses: record.losses }, 'lost in translation')
      }
      if (lines.length > 0) logRequest(lines)
    }
  },
  { name: 'meter', dependencies: ['client-gone', 'metrics'] },
)

/** On the pass lane nothing depends on the answer being parseable: the client has its bytes. */
function readReport({ record, log }: FastifyRequest): void {
  try {
    record.readReport()
  } catch (error) {
    log.debug({ err: error }, 'the answer could not be read for its usage')
  }
}
