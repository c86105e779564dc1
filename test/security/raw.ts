import { connect } from 'node:net'

/** What came back on a connection, down to its close. */
export interface RawAnswer {
  readonly status: number
  /** By lower-case name; the last one wins. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * Sends bytes that no HTTP client would let through, and reads until the other side closes. `head` is the request line and
 * headers, a line each; `connection: close` is added, and a content-length where there is a body.
 */
export async function sendRaw(url: string, head: readonly string[], body = ''): Promise<RawAnswer> {
  const length = body === '' ? [] : [`content-length: ${Buffer.byteLength(body)}`]
  const lines = [...head, ...length, 'connection: close', '', body]
  return parse(await exchange(url, Buffer.from(lines.join('\r\n'), 'latin1')))
}

function exchange(url: string, bytes: Buffer): Promise<string> {
  const { hostname, port } = new URL(url)
  return new Promise(resolve => {
    const received: Buffer[] = []
    const socket = connect(Number(port), hostname, () => socket.write(bytes))
    socket.on('data', (chunk: Buffer) => received.push(chunk))
    // A server that refuses early resets the rest of what we send; what it said before counts.
    socket.on('error', () => socket.destroy())
    socket.on('close', () => resolve(Buffer.concat(received).toString('latin1')))
  })
}

function parse(text: string): RawAnswer {
  const [head = '', ...rest] = text.split('\r\n\r\n')
  const [first = '', ...lines] = head.split('\r\n')
  const headers = lines.map(line => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
  })
  return { status: Number(first.split(' ')[1] ?? 0), headers: Object.fromEntries(headers), body: rest.join('\r\n\r\n') }
}
