import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SIMULATED_MODELS } from '../providers/sim.ts'
import { type Answer, Answerer } from './answer.ts'
import { anthropicWire } from './anthropic.ts'
import { Conditions } from './conditions.ts'
import { Embedder } from './embeddings.ts'
import { FramePump } from './frame-pump.ts'
import { openaiWire } from './openai.ts'
import type { SimulatorOptions } from './options.ts'
import type { Wire } from './wire.ts'

/** What has happened since the start. Every call is counted in `calls` and, once answered, in one of the next five. */
interface SimulatorStats {
  readonly calls: number
  /** Answered as asked, streams included (whether or not they were read to the end). */
  readonly answered: number
  /** 400, 404 and 405: the caller's own fault. */
  readonly refused: number
  readonly limited: number
  readonly failed: number
  readonly down: number
  /** Calls whose answer is not finished yet and whose caller is still there. */
  readonly running: number
}

export interface Simulator {
  /** The origin, without a path: `http://127.0.0.1:PORT`. */
  readonly url: string
  stats(): SimulatorStats
  /** Cuts what is still running; resolves when nothing is left. */
  close(): Promise<void>
}

/** Longer than any client here keeps a socket, so that no run meets a socket that closes under a request (ms). */
const KEEP_ALIVE_MS = 75_000

const CALLS: ReadonlySet<string> = new Set(['/v1/chat/completions', '/v1/messages', '/v1/embeddings'])

/** Starts a simulated vendor on a loopback port: POST to those above, GET /v1/models. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const vendor = new SimulatedVendor(options)
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) =>
    vendor.take(request, response),
  )
  await listen(server, options.port ?? 0)
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    stats: () => ({ ...vendor.stats }),
    close: () => close(server),
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    // Exclusive: in a cluster all workers would share the port that the first one was given.
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function close(server: Server): Promise<void> {
  return new Promise(resolve => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

interface Door {
  readonly wire: Wire
  readonly answerer: Pick<Answerer, 'answer' | 'trouble'>
}

class SimulatedVendor {
  readonly stats = { calls: 0, answered: 0, refused: 0, limited: 0, failed: 0, down: 0, running: 0 }
  readonly #conditions: Conditions
  readonly #batch: boolean
  readonly #models: readonly string[]
  readonly #created = Math.floor(Date.now() / 1000)
  readonly #openai: Door
  readonly #anthropic: Door
  readonly #embeddings: Door = { wire: openaiWire, answerer: new Embedder() }

  constructor(options: SimulatorOptions) {
    this.#conditions = new Conditions(options)
    this.#batch = options.batch === true
    this.#models = options.models ?? SIMULATED_MODELS
    this.#openai = { wire: openaiWire, answerer: new Answerer(openaiWire, this.#created) }
    this.#anthropic = { wire: anthropicWire, answerer: new Answerer(anthropicWire, this.#created) }
  }

  take(request: IncomingMessage, response: ServerResponse): void {
    this.stats.calls += 1
    this.stats.running += 1
    response.once('close', this.#onClose)
    const path = (request.url ?? '/').split('?', 1)[0] as string
    const door = this.#doorOf(request, path)
    const outage = this.#conditions.outage()
    if (outage !== undefined) this.#down(outage, door, response)
    else if (CALLS.has(path)) this.#call(request, response, door)
    else if (path === '/v1/models') this.#listModels(request, response, door)
    else this.#refuse(response, door, 404, `Unknown request URL: ${request.method} ${path}.`)
  }

  #onClose = (): void => {
    this.stats.running -= 1
  }

  #doorOf(request: IncomingMessage, path: string): Door {
    if (path === '/v1/chat/completions') return this.#openai
    if (path === '/v1/embeddings') return this.#embeddings
    const speaksMessages = path.startsWith('/v1/messages') || 'anthropic-version' in request.headers
    return speaksMessages ? this.#anthropic : this.#openai
  }

  #down(outage: 'refuse' | 'cut', door: Door, response: ServerResponse): void {
    this.stats.down += 1
    if (outage === 'cut') response.destroy()
    else this.#send(response, door, door.answerer.trouble({ status: 503, message: 'The service is unavailable.' }))
  }

  #refuse(response: ServerResponse, door: Door, status: number, message: string): void {
    this.stats.refused += 1
    this.#send(response, door, door.answerer.trouble({ status, message }))
  }

  #listModels(request: IncomingMessage, response: ServerResponse, door: Door): void {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      this.#refuse(response, door, 405, `Not allowed to ${request.method} on /v1/models.`)
      return
    }
    this.stats.answered += 1
    const body = Buffer.from(JSON.stringify(door.wire.models(this.#models, this.#created)))
    this.#send(response, door, { kind: 'whole', status: 200, body })
  }

  #call(request: IncomingMessage, response: ServerResponse, door: Door): void {
    if (request.method !== 'POST') {
      this.#refuse(response, door, 405, `Not allowed to ${request.method} here; use POST.`)
      return
    }
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      this.#answer(response, door, chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks))
    })
  }

  #answer(response: ServerResponse, door: Door, body: Buffer): void {
    const seconds = this.#conditions.secondsToWait()
    if (seconds > 0) {
      this.stats.limited += 1
      const answer = door.answerer.trouble({ status: 429, message: `Rate limit reached. Try again in ${seconds}s.` })
      this.#send(response, door, answer, ['retry-after', String(seconds)])
      return
    }
    const answer = this.#conditions.fails() ? undefined : door.answerer.answer(body)
    const delay = this.#conditions.delay()
    if (delay === 0) {
      this.#deliver(response, door, answer)
      return
    }
    const timer = setTimeout(() => this.#deliver(response, door, answer), delay)
    response.once('close', () => clearTimeout(timer))
  }

  /** `undefined` is a failure of the vendor. */
  #deliver(response: ServerResponse, door: Door, answer: Answer | undefined): void {
    if (answer === undefined) {
      this.stats.failed += 1
      this.#send(response, door, door.answerer.trouble({ status: 500, message: 'The server had an error.' }))
      return
    }
    this.stats[answer.kind === 'whole' && answer.status !== 200 ? 'refused' : 'answered'] += 1
    this.#send(response, door, answer)
  }

  #send(response: ServerResponse, door: Door, answer: Answer, headers: readonly string[] = []): void {
    const requestId = `req_sim_${this.stats.calls}`
    if (answer.kind === 'whole') {
      const { status, body } = answer
      const length = String(body.length)
      const head = ['content-type', 'application/json', 'content-length', length, door.wire.requestIdHeader, requestId]
      response.writeHead(status, [...head, ...headers]).end(body)
      return
    }
    const head = ['content-type', 'text/event-stream; charset=utf-8', 'cache-control', 'no-cache']
    response.writeHead(200, [...head, door.wire.requestIdHeader, requestId])
    const interval = this.#conditions.interval()
    if (this.#batch && interval === 0) response.end(answer.body)
    else new FramePump(response, answer.frames, interval).start()
  }
}
