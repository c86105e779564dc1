import type { Exchange } from './exchange.ts'

/** Under this key a request's headers carry its exchange through reply-from; undici never sees it. */
export const EXCHANGE = Symbol('sluice.exchange')

interface HandedOver {
  readonly headers: { [EXCHANGE]?: Exchange }
}

/** reply-from calls destroy() on the body of a request whose client left; the exchange is aborted elsewhere. */
const NO_BODY = { destroy() {} }

type Callback = (
  error: Error | null,
  response: { statusCode: number; headers: Record<string, string>; body: typeof NO_BODY },
) => void

/**
 * Passed to reply-from instead of an undici agent. It starts the exchange and reports an empty answer at once: the real outcome travels
 * through the exchange's promise, so that a late or losing attempt can never write to the reply (reply-from would set its status and
 * headers), and a failed one logs no warning with a stack.
 */
export const requestable = {
  request({ headers }: HandedOver, callback: Callback): void {
    const exchange = headers[EXCHANGE]
    if (exchange === undefined) throw new Error('a request went through reply-from without an exchange')
    exchange.start()
    callback(null, { statusCode: 200, headers: {}, body: NO_BODY })
  },
  destroy(): void {},
}
