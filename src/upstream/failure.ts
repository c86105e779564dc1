/** No answer. `reason` is ours and safe to show; the socket's own words stay in `cause`, for the log. */
export interface FailedOutcome {
  readonly type: 'failed'
  readonly kind: 'network' | 'timeout' | 'cancelled'
  readonly reason: string
  readonly cause?: unknown
}

const DEAD_SOCKET = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'])
const TIMEOUTS = new Set(['UND_ERR_CONNECT_TIMEOUT', 'ETIMEDOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'])
/** Where this process, or this machine, has no room for another connection. */
const NO_ROOM = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL'])
const UNKNOWN_HOST = new Set(['ENOTFOUND', 'EAI_AGAIN'])

/** Codes that Node's TLS gives a certificate it cannot verify; the list in its documentation is open-ended. */
const CERTIFICATE = /^(CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_|HOSTNAME_MISMATCH|INVALID_CA|ERR_SSL_)/

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : ''
}

/** True for the errors of a socket that was closed under our request. */
export function isDeadSocket(error: unknown): boolean {
  return DEAD_SOCKET.has(codeOf(error))
}

/** True where a connection could not be opened for want of something of our own: that says nothing of the vendor. */
export function isWantOfRoom(error: unknown): boolean {
  return NO_ROOM.has(codeOf(error))
}

/** The reason for the log, with the socket's own word where there is one: neither holds a host, a key or a prompt. */
export function reasonForLog({ reason, cause }: FailedOutcome): string {
  const code = codeOf(cause)
  return code === '' ? reason : `${reason}, ${code}`
}

/** What a socket error means, in words that hold no host, port or address. */
export function failureOf(error: unknown): FailedOutcome {
  const code = codeOf(error)
  if (TIMEOUTS.has(code)) {
    return { type: 'failed', kind: 'timeout', reason: 'the connection to the provider timed out', cause: error }
  }
  return { type: 'failed', kind: 'network', reason: networkReason(code), cause: error }
}

function networkReason(code: string): string {
  if (UNKNOWN_HOST.has(code)) return 'the host of the provider could not be resolved'
  if (NO_ROOM.has(code)) return 'the gateway may open no more connections'
  if (code === 'ECONNREFUSED') return 'the provider refused the connection'
  if (CERTIFICATE.test(code)) return 'the TLS certificate of the provider could not be verified'
  return 'the connection to the provider was closed'
}
