import type { FailedOutcome } from '../upstream/failure.ts'

const CLIENT_GONE: FailedOutcome = { type: 'failed', kind: 'cancelled', reason: 'the client went away' }

const STOPPING: FailedOutcome = { type: 'failed', kind: 'network', reason: 'the gateway is shutting down' }

/** An upstream call, or a wait for one, that can be stopped. */
export interface Abortable {
  abort(failure: FailedOutcome): void
}

/** Whether the client is still there, and what to stop when it leaves. */
export class Presence {
  /** The client has left before its answer was complete. */
  gone = false
  #current: Abortable | undefined
  /** Watched before, and perhaps still running: two targets race in a hedge. */
  #previous: Abortable | undefined
  #controller: AbortController | undefined
  #hungUp = false
  #stopping = false

  /** For plugins; created when first used, as an AbortController costs more than most stages of a request. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.gone) this.#controller.abort()
    return this.#controller.signal
  }

  /** Stops `call` when the client leaves or the gateway stops. Of those watched before, only the last may still be running. */
  watch(call: Abortable): void {
    this.#previous = this.#current
    this.#current = call
    if (this.gone) call.abort(CLIENT_GONE)
    // Else the call that was stopped would go on at another target.
    else if (this.#stopping) call.abort(STOPPING)
  }

  /** The connection has closed; `answered` after our last write. */
  closed(answered: boolean): void {
    if (answered || this.#hungUp) return
    this.gone = true
    this.#abort(CLIENT_GONE)
    this.#controller?.abort()
  }

  /** We are about to cut the connection ourselves: the client has not left. */
  hangUp(): void {
    this.#hungUp = true
  }

  /** The gateway is shutting down. */
  stop(): void {
    this.#stopping = true
    this.#abort(STOPPING)
  }

  #abort(why: FailedOutcome): void {
    this.#previous?.abort(why)
    this.#current?.abort(why)
  }
}
