import type { FailedOutcome } from '../upstream/failure.ts'

const CLIENT_GONE: FailedOutcome = { type: 'failed', kind: 'cancelled', reason: 'the client went away' }

const STOPPING: FailedOutcome = { type: 'failed', kind: 'network', reason: 'the gateway is shutting down' }

/** An upstream call, or a wait for one, that nobody may be waiting for any more. */
export interface Abortable {
  abort(failure: FailedOutcome): void
}

/** Whether the client is still there, and what to stop when it leaves. */
export class Presence {
  /** The client has left before its answer was complete. */
  gone = false
  #current: Abortable | undefined
  /** Watched before and perhaps not over; a second one only while two targets race. */
  #other: Abortable | undefined
  #controller: AbortController | undefined
  #hungUp = false

  /** For plugins; made only when somebody asks, for an AbortController costs more than most of a request's stages. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.gone) this.#controller.abort()
    return this.#controller.signal
  }

  /** What is done for this client now; of what was done before, at most the last has not ended. */
  watch(call: Abortable): void {
    this.#other = this.#current
    this.#current = call
    if (this.gone) call.abort(CLIENT_GONE)
  }

  /** The connection has closed; `answered` when our last write had been made, so that nothing is lost. */
  closed(answered: boolean): void {
    if (answered || this.#hungUp) return
    this.gone = true
    this.#abort(CLIENT_GONE)
    this.#controller?.abort()
  }

  /** We are about to cut the connection ourselves: that is no client who leaves. */
  hangUp(): void {
    this.#hungUp = true
  }

  /** The gateway itself must end the call. */
  stop(): void {
    this.#abort(STOPPING)
  }

  #abort(why: FailedOutcome): void {
    this.#other?.abort(why)
    this.#current?.abort(why)
  }
}
