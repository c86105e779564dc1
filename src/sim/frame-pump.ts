import type { ServerResponse } from 'node:http'

/**
 * Writes the frames of a stream one by one: `interval` ms apart, or without timers, one each turn of the event loop, when
 * it is 0. Waits for slow readers; stops when the reader has gone.
 */
export class FramePump {
  readonly #response: ServerResponse
  readonly #frames: readonly Buffer[]
  readonly #interval: number
  readonly #startedAt = performance.now()
  #written = 0
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  constructor(response: ServerResponse, frames: readonly Buffer[], interval: number) {
    this.#response = response
    this.#frames = frames
    this.#interval = interval
  }

  start(): void {
    this.#response.once('close', () => {
      this.#stopped = true
      clearTimeout(this.#timer)
    })
    this.#step()
  }

  #step = (): void => {
    if (this.#stopped) return
    let room = true
    for (const due = this.#due(); this.#written < due && room; this.#written += 1) {
      room = this.#response.write(this.#frames[this.#written])
    }
    if (this.#written === this.#frames.length) this.#response.end()
    else if (!room) this.#response.once('drain', this.#step)
    else this.#wait()
  }

  /** How many frames should have been written by now: late timers are made up for. */
  #due(): number {
    if (this.#interval === 0) return this.#written + 1
    const elapsed = performance.now() - this.#startedAt
    return Math.min(this.#frames.length, Math.floor(elapsed / this.#interval) + 1)
  }

  #wait(): void {
    if (this.#interval === 0) {
      setImmediate(this.#step)
      return
    }
    const dueAt = this.#startedAt + this.#written * this.#interval
    this.#timer = setTimeout(this.#step, Math.max(1, Math.ceil(dueAt - performance.now())))
  }
}
