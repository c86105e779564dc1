import { IdempotencyConflict } from '../errors.ts'
import type { KeptAnswer } from './answer.ts'
import { type Claim, Flight, type FlightOwner } from './flight.ts'

/** The shared calls that are in flight, by the keys under which others may join them. */
export class Flights {
  readonly #flights = new Map<string, Flight>()

  /** The flight under this key, if it can be joined. */
  get(key: string): Flight | undefined {
    const flight = this.#flights.get(key)
    return flight?.open ? flight : undefined
  }

  /**
   * The flight that can be joined under any of these keys; from then on all of them lead to it. Throws IdempotencyConflict where it
   * answers another request: one of the same key may have begun while this one looked for an answer in Redis.
   */
  find(claims: readonly Claim[]): Flight | undefined {
    const met = claims.find(({ key }) => this.get(key) !== undefined)
    const flight = met && this.get(met.key)
    if (flight === undefined) return undefined
    if (claims.some(({ requestKey }) => requestKey !== flight.requestKey)) throw IdempotencyConflict()
    met?.onJoin?.()
    for (const claim of claims) {
      if (this.#flights.get(claim.key) === flight) continue
      flight.claim(claim)
      this.#flights.set(claim.key, flight)
    }
    return flight
  }

  /**
   * The answer of a call under one of these keys that began and ended while this request waited for Redis. Throws
   * IdempotencyConflict where that was another request.
   */
  missed(claims: readonly Claim[]): KeptAnswer | undefined {
    for (const claim of claims) {
      const answer = claim.missed?.()
      if (answer === undefined) continue
      if (answer.requestKey !== claim.requestKey) throw IdempotencyConflict()
      claim.onJoin?.()
      return answer
    }
    return undefined
  }

  /** A new flight, whose upstream call belongs to `owner`. */
  begin(claims: readonly Claim[], owner: FlightOwner): Flight {
    const flight = new Flight(claims, owner)
    for (const { key } of claims) this.#flights.set(key, flight)
    void flight.over.then(() => this.#remove(flight))
    return flight
  }

  /** Aborts all flights; resolves when they are over. */
  async stop(): Promise<void> {
    const flights = [...new Set(this.#flights.values())]
    for (const flight of flights) flight.abandon()
    await Promise.all(flights.map(({ over }) => over))
  }

  #remove(flight: Flight): void {
    for (const { key } of flight.claims) {
      if (this.#flights.get(key) === flight) this.#flights.delete(key)
    }
  }
}
