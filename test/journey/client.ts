import { once } from 'node:events'
import { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'

/** A client on a connection of its own that reads what it likes and leaves when it likes. */
export class Client {
  readonly #request: ClientRequest
  readonly #head: Promise<[IncomingMessage]>
  #response: IncomingMessage | undefined
  #received: Buffer[] = []
  readonly #over = Promise.withResolvers<'ended' | 'cut'>()
  #arrived = Promise.withResolvers<void>()

  /** Sends a POST; bytes as they are, an object as JSON. */
  constructor(url: string, body: object | string | Buffer, headers: Readonly<Record<string, string>> = {}) {
    const bytes =
      typeof body === 'string' || Buffer.isBuffer(body) ? Buffer.from(body) : Buffer.from(JSON.stringify(body))
    this.#request = request(url, {
      method: 'POST',
      agent: false,
      headers: { 'content-type': 'application/json', 'content-length': bytes.length, ...headers },
    })
    this.#head = once(this.#request, 'response') as Promise<[IncomingMessage]>
    // A client that leaves has no interest in the error of its own connection.
    this.#head.catch(() => {})
    this.#request.on('error', () => this.#over.resolve('cut'))
    this.#request.end(bytes)
  }

  /** Waits for the head of the answer, then reads along. */
  async head(): Promise<{ status: number; headers: IncomingHttpHeaders }> {
    const [response] = await this.#head
    if (this.#response === undefined) {
      this.#response = response
      response.on('data', (chunk: Buffer) => this.#take(chunk))
      response.on('close', () => {
        this.#over.resolve(response.complete ? 'ended' : 'cut')
        this.#arrived.resolve()
      })
    }
    return { status: response.statusCode ?? 0, headers: response.headers }
  }

  #take(chunk: Buffer): void {
    this.#received.push(chunk)
    this.#arrived.resolve()
    this.#arrived = Promise.withResolvers()
  }

  get bytes(): Buffer {
    this.#received = [Buffer.concat(this.#received)]
    return this.#received[0] as Buffer
  }

  get text(): string {
    return this.bytes.toString('utf8')
  }

  /** Waits until this text has come. Throws when the answer is over without it. */
  async until(text: string): Promise<void> {
    await this.head()
    while (!this.text.includes(text)) {
      if (this.#response?.closed === true) throw new Error(`the answer ended without ${text}: ${this.text}`)
      await this.#arrived.promise
    }
  }

  /** Waits for the end of the answer: `cut` when the connection broke before it. */
  async over(): Promise<'ended' | 'cut'> {
    await this.head()
    return this.#over.promise
  }

  /** The whole answer. */
  async whole(): Promise<string> {
    await this.over()
    return this.text
  }

  /** Stops reading: the kernel's buffers fill, then the gateway notices. */
  pause(): void {
    this.#response?.pause()
  }

  resume(): void {
    this.#response?.resume()
  }

  /** Closes the connection, wherever the answer stands. */
  leave(): void {
    this.#request.destroy()
  }
}
