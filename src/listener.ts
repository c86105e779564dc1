import type { Server } from 'node:http'
import { type FastifyBaseLogger, type FastifyHttpOptions, type FastifyServerOptions, LogController } from 'fastify'
import { refuseBytes, refuseUrl } from '../plugins/errors.ts'
import { requestIds } from './request-ids.ts'

/** How much longer than the drain limit a process may take to stop, ms; here, where a primary has it without the app of its workers. */
export const CLOSING_MARGIN = 5_000

/**
 * How many connections may wait to be accepted while the event loop is busy, where the system allows as many (net.core.somaxconn: 4096
 * on Linux). Node's own 511 is soon full when all callers of a company connect at once, as after a restart.
 */
export const BACKLOG = 4_096

export type ListenerLogger = FastifyServerOptions['logger'] | FastifyBaseLogger

/** How long a client may take to send a request, ms: Node's own default, long enough for the largest body on a slow line. */
const RECEIVING_TIMEOUT = 300_000

/** Twice what a name of a model may have (safeModelPath), for it comes percent-encoded. */
const LONGEST_PARAM = 512

/** What the listeners of clients and of the operator have in common. */
export function listenerOptions(logger: ListenerLogger) {
  return {
    ...(typeof logger === 'object' && 'child' in logger ? { loggerInstance: logger } : { logger: logger ?? false }),
    // One line a request, written by the meter: Fastify's own two would log the URL with its query.
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'id' }),
    genReqId: requestIds(),
    requestIdHeader: false as const,
    frameworkErrors: refuseUrl,
    // Names of models stand in paths, and Amazon's are longer than Fastify expects of a parameter.
    routerOptions: { maxParamLength: LONGEST_PARAM },
    clientErrorHandler: refuseBytes,
    // Fastify sets none, so a client that sends its body a byte a minute would hold its socket for ever.
    requestTimeout: RECEIVING_TIMEOUT,
    // Refused by plugins/head.ts.
    http: { requireHostHeader: false },
    forceCloseConnections: true,
    return503OnClosing: false,
  } satisfies FastifyHttpOptions<Server>
}
