import { readFileSync } from 'node:fs'
import {
  createServer as createPlainServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'

export * from './upstream/answers.ts'

/** A request as the upstream saw it, its body whole. */
export interface SeenRequest {
  readonly method: string
  /** Path and query, as on the wire. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
  /** Names and values in turn, names in their own case. */
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
  /** Which connection it came on, counted from 1, and its place among the requests on that connection, from 1. */
  readonly connection: number
  readonly turn: number
  /** Settles when the exchange is over: `answered`, or `cut` when the connection was lost before the end of the answer. */
  readonly over: Promise<'answered' | 'cut'>
  /** Settles when the connection that it came on has closed. */
  readonly socketClosed: Promise<void>
}

/** Answers one request; answers.ts has ready-made ones. What it throws is thrown again by `close`. */
export type Handler = (request: SeenRequest, response: ServerResponse) => void | Promise<void>

/** One handler for all requests, or one for each in the order in which they come; the last one answers the rest. */
export type Script = Handler | readonly [Handler, ...Handler[]]

export interface Upstream {
  /** The origin: `http://127.0.0.1:PORT`. */
  readonly url: string
  /** In the order in which their bodies were complete. */
  readonly requests: readonly SeenRequest[]
  /** Connections opened so far. */
  readonly connections: number
  /** Waits until so many requests have come, returns the one at `index` (from 0). */
  request(index: number): Promise<SeenRequest>
  /** Changes what the next requests are answered; a list begins anew. */
  use(script: Script): void
  /** Cuts all connections. Throws what a handler threw. */
  close(): Promise<void>
}

/** The self-signed certificate of upstreams that are started with `tls`, for tests that trust it. Valid until 2126. */
export const TEST_CERTIFICATE = readFileSync(new URL('./upstream/tls/certificate.pem', import.meta.url))

/** Its private key. */
export const TEST_KEY = readFileSync(new URL('./upstream/tls/key.pem', import.meta.url))

/** Starts a real server on a loopback port. It waits for ever: no timeouts of its own. */
export async function startUpstream(script: Script, options: { readonly tls?: boolean } = {}): Promise<Upstream> {
  const upstream = new RecordingUpstream(script)
  const server = createServer((request, response) => upstream.take(request, response), options.tls === true)
  server.on(options.tls === true ? 'secureConnection' : 'connection', (socket: Socket) => upstream.welcome(socket))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return upstream.listening(server, options.tls === true ? 'https' : 'http')
}

function createServer(listener: RequestListener, tls: boolean): Server {
  const patience: ServerOptions = { requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0, noDelay: true }
  if (!tls) return createPlainServer(patience, listener)
  return createTlsServer({ ...patience, key: TEST_KEY, cert: TEST_CERTIFICATE }, listener)
}

interface Connection {
  readonly number: number
  readonly closed: Promise<void>
  turns: number
}

class RecordingUpstream {
  readonly requests: SeenRequest[] = []
  #script: Script
  /** Requests answered since the script was set. */
  #answered = 0
  #url = ''
  #server: Server | undefined
  readonly #connections = new Map<Socket, Connection>()
  readonly #waiting = new Map<number, PromiseWithResolvers<SeenRequest>>()
  readonly #failures: unknown[] = []

  constructor(script: Script) {
    this.#script = script
  }

  get url(): string {
    return this.#url
  }

  get connections(): number {
    return this.#connections.size
  }

  listening(server: Server, scheme: string): this {
    this.#server = server
    this.#url = `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`
    return this
  }

  use(script: Script): void {
    this.#script = script
    this.#answered = 0
  }

  request(index: number): Promise<SeenRequest> {
    const seen = this.requests[index]
    if (seen !== undefined) return Promise.resolve(seen)
    const waiting = this.#waiting.get(index) ?? Promise.withResolvers<SeenRequest>()
    this.#waiting.set(index, waiting)
    return waiting.promise
  }

  async close(): Promise<void> {
    await new Promise<void>(resolve => {
      this.#server?.close(() => resolve())
      this.#server?.closeAllConnections()
    })
    if (this.#failures.length > 0) throw this.#failures[0]
  }

  welcome(socket: Socket): void {
    const { promise, resolve } = Promise.withResolvers<void>()
    socket.once('close', () => resolve())
    this.#connections.set(socket, { number: this.#connections.size + 1, closed: promise, turns: 0 })
  }

  take(request: IncomingMessage, response: ServerResponse): void {
    const over = Promise.withResolvers<'answered' | 'cut'>()
    response.once('close', () => over.resolve(response.writableFinished ? 'answered' : 'cut'))
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => this.#answer(this.#record(request, Buffer.concat(chunks), over.promise), response))
  }

  #record(request: IncomingMessage, body: Buffer, over: SeenRequest['over']): SeenRequest {
    const connection = this.#connections.get(request.socket) as Connection
    connection.turns += 1
    const { method = '', url = '', headers, rawHeaders } = request
    const { number, turns: turn, closed: socketClosed } = connection
    const seen = { method, url, headers, rawHeaders, body, connection: number, turn, over, socketClosed }
    this.requests.push(seen)
    this.#waiting.get(this.requests.length - 1)?.resolve(seen)
    return seen
  }

  async #answer(seen: SeenRequest, response: ServerResponse): Promise<void> {
    const script = this.#script
    const handler = typeof script === 'function' ? script : (script[this.#answered] ?? script.at(-1))
    this.#answered += 1
    try {
      await handler?.(seen, response)
    } catch (error) {
      this.#failures.push(error)
      response.destroy()
    }
  }
}
