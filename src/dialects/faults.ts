import type { Fault, Kind } from '../call/fault.ts'
import { CONSEQUENCES } from '../errors.ts'

/** What a vendor's status means; a status that is not here is judged by its hundred. */
const KINDS: ReadonlyMap<number, Kind> = new Map([
  // Our key, our account: the caller did nothing wrong, and another target may answer.
  [401, 'upstream'],
  [402, 'upstream'],
  [403, 'upstream'],
  [404, 'not-found'],
  [408, 'timeout'],
  [413, 'too-large'],
  [429, 'limited'],
  [503, 'overloaded'],
  [504, 'timeout'],
  [529, 'overloaded'],
])

/** The kind of a vendor's error of which only the status is known. */
export function kindOfStatus(status: number): Kind {
  return KINDS.get(status) ?? (status >= 400 && status < 500 ? 'invalid' : 'upstream')
}

/** Shown in the place of what a vendor says of our key or our account, which is not for the caller. */
export const KEY_REFUSED = 'The vendor refused the credentials of the gateway.'

/** The status to answer with. That of a vendor that refused our key would tell the client that its own key is wrong. */
export function clientStatus({ kind, status }: Fault): number {
  const keyRefused = kind === 'upstream' && status < 500
  return keyRefused || status < 400 ? CONSEQUENCES[kind].status : status
}

/** The message of a fault, preceded by the member at fault unless it names it: for APIs whose errors have no `param`. */
export function messageWithParam({ message, param }: Fault): string {
  return param === undefined || message.includes(param) ? message : `${param}: ${message}`
}
