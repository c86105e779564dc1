import type { Call, Operation } from '../call/call.ts'
import { takesForm } from '../call/operations.ts'
import type { Dialect, PathWords } from '../dialects/dialect.ts'
import { isSluiceError } from '../errors.ts'
import { atOnce, inTurns, type Steps } from '../steps.ts'
import { boundaryOf, scanForm } from './form.ts'
import { parseBody } from './parse-body.ts'
import { type Scan, scanBelowPath, scanBody } from './scan.ts'

export interface EnvelopeSource {
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
/** Bytes from which opening a call takes so long (some ms) that others should have their turns of the event loop meanwhile. */
const LARGE = 2 ** 20

/**
 * A client's call, unopened: the scanner says which model it asks for and whether it wants a stream; the blocks inside are
 * decoded when somebody needs them (the translate lane, a plugin) and never otherwise.
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

  /** What the body is: JSON, or a form with its boundary. */
  get contentType(): string {
    return this.scan.form?.contentType ?? 'application/json'
  }

  /** Bytes of the body as it came. */
  get size(): number {
    return this.body.length
  }

  /** About how many tokens the prompt costs, as vendors estimate it: one for four bytes. Counting them costs none. */
  get promptTokens(): number {
    if (this.operation === 'google-count-tokens') return 0
    return Math.ceil((this.scan.form?.words ?? this.body.length) / BYTES_PER_TOKEN)
  }

  /** What the call will cost, in tokens: its prompt, and the most output that it allows. */
  get tokens(): number {
    return this.promptTokens + this.scan.maxTokens
  }

  /** True once another call was put in the place of the client's: the bytes can no longer be passed on. */
  get replaced(): boolean {
    return this.#replaced
  }

  /** The call, decoded at the first asking. Throws MalformedJson or InvalidRequest. */
  decode(): Call {
    return atOnce(this.decoding())
  }

  /** The same, step by step. */
  *decoding(): Steps<Call> {
    if (this.#call !== undefined) return this.#call
    const json = parseBody(this.body)
    yield
    const { headers, path } = this
    this.#call ??= this.dialect.readRequest({ json, headers, ...(path && { path }) })
    return this.#call
  }

  /** Does work on all of the call: at once where that is small, else in turns of the event loop. Throws, or rejects, as its steps do. */
  pace<T>(steps: Steps<T>): T | Promise<T> {
    return this.size < LARGE ? atOnce(steps) : inTurns(steps)
  }

  /** As `decode`, but undefined for a call that cannot be read: the vendor may well read what we cannot. */
  read(): Call | undefined {
    try {
      return this.decode()
    } catch (error) {
      if (isSluiceError(error)) return undefined
      throw error
    }
  }

  /** The call goes on as this one. `model` and `stream` stay the client's: permission was granted on them. */
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
