/** A reply that does not fit its command: the server does not speak RESP as Redis does, or replies and commands are out of step. */
export function protocolError(): Error {
  return Object.assign(new Error('Redis sent a reply that does not fit'), { code: PROTOCOL_ERROR })
}

const PROTOCOL_ERROR = 'EPROTO'

export function isProtocolError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === PROTOCOL_ERROR
}

/** What a script or command returned that counts. Throws a protocol error for anything else. */
export function countIn(reply: unknown): number {
  if (typeof reply !== 'number' || !Number.isInteger(reply)) throw protocolError()
  return reply
}
