/** Listens to what an official client sends and receives. One for each call. */
export class Wiretap {
  url = ''
  sent = ''
  headers = new Headers()
  readonly #received: Buffer[] = []

  get received(): Buffer {
    return Buffer.concat(this.#received)
  }

  /** A `fetch` for clients that take one. */
  readonly fetch = async (to: string | URL | Request, init?: RequestInit): Promise<Response> => {
    this.url = to instanceof Request ? to.url : String(to)
    this.sent = String(init?.body)
    const response = await fetch(to, init)
    this.headers = response.headers
    const listen = new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, controller) => {
        this.#received.push(Buffer.from(chunk))
        controller.enqueue(chunk)
      },
    })
    return new Response(response.body?.pipeThrough(listen) ?? null, response)
  }
}
