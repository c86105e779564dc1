import type { Call, Operation } from '../call/call.ts'
import { takesForm } from '../call/operations.ts'
import type { Dialect, PathWords } from '../dialects/dialect.ts'
import { isSluiceError } from '../errors.ts'
import { atOnce, inTurns, type Steps } from '../steps.ts'
import { boundaryOf, scanForm } from './form.ts'
import { parseBody } from './parse-body.ts'
import { type Scan, scanBelowPath, scanBody } from './scan.ts'

interface EnvelopeSource {
  readonly body: Buffer
  readonly dialect: Dialect
  readonly operation: Operation
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** The allow-listed part of the client's query string, without `?`. */
  readonly query: string
  /** What the path says, in dialects whose bodies name no model. */
  readonly path?: PathWords | undefined
}

const BYTES_PER_TOKEN = 4
/** Size in bytes from which decoding takes some ms, so that it is spread over turns of the event loop. */
const LARGE = 2 ** 20

/**
 * A client's call, not decoded: a scan finds the model and whether a stream is requested. The call is decoded only when needed (by the
 * translate lane, or a plugin).
 */
export class Envelope {
  readonly body: Buffer
  readonly dialect: Dialect
  readonly operation: Operation
  readonly headers: EnvelopeSource['headers']
  readonly query: string
  readonly path: PathWords | undefined
  readonly scan: Scan
  #call: Call | undefined
  #replaced = false

  /** Throws MalformedJson or InvalidRequest. */
  constructor(source: EnvelopeSource) {
    this.body = source.body
    this.dialect = source.dialect
    this.operation = source.operation
    this.headers = source.headers
    this.query = source.query
    this.path = source.path
    this.scan = scanOf(source)
  }

  get model(): string {
    return this.scan.model
  }

  get stream(): boolean {
    return this.scan.stream
  }

  /** JSON, or a form with its boundary. */
  get contentType(): string {
    return this.scan.form?.contentType ?? 'application/json'
  }

  /** Bytes of the body as it came. */
  get size(): number {
    return this.body.length
  }

  /** Estimated tokens of the prompt, as vendors do it: one for four bytes. A call that counts tokens has none. */
  get promptTokens(): number {
    if (this.operation === 'google-count-tokens') return 0
    return Math.ceil((this.scan.form?.words ?? this.body.length) / BYTES_PER_TOKEN)
  }

  /** Estimated tokens of the call: its prompt, and the most output that it allows. */
  get tokens(): number {
    return this.promptTokens + this.scan.maxTokens
  }

  /** Whether the call was replaced: the client's bytes can no longer be passed on. */
  get replaced(): boolean {
    return this.#replaced
  }

  /** The call, decoded when first needed. Throws MalformedJson or InvalidRequest. */
  decode(): Call {
    return atOnce(this.decoding())
  }

  /** As `decode`, in steps. */
  *decoding(): Steps<Call> {
    if (this.#call !== undefined) return this.#call
    const json = parseBody(this.body)
    yield
    const { headers, path } = this
    this.#call ??= this.dialect.readRequest({ json, headers, ...(path && { path }) })
    return this.#call
  }

  /** Runs work on all of the call: at once where the call is small, else in turns of the event loop. Throws, or rejects, as its steps do. */
  pace<T>(steps: Steps<T>): T | Promise<T> {
    return this.size < LARGE ? atOnce(steps) : inTurns(steps)
  }

  /** As `decode`, but undefined for a call that cannot be decoded: the vendor may well understand it. */
  read(): Call | undefined {
    try {
      return this.decode()
    } catch (error) {
      if (isSluiceError(error)) return undefined
      throw error
    }
  }

  /** Replaces the call, but for `model` and `stream`, on which permission was granted. */
  replace(call: Call): void {
    this.#call = { ...call, model: this.model, stream: this.stream }
    this.#replaced = true
  }
}

function scanOf({ body, path, operation, headers }: EnvelopeSource): Scan {
  if (path !== undefined) return scanBelowPath(body, path)
  const boundary = takesForm(operation) ? boundaryOf(headers['content-type']) : undefined
  return boundary === undefined ? scanBody(body) : scanForm(body, boundary)
}
