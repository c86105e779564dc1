import { InvalidRequest, MalformedJson } from '../errors.ts'

/** Where a root-level member's value stands: `[start, end)` in the body. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** What the gateway needs to know of a request body without parsing it. */
export interface Scan {
  readonly model: string
  readonly modelSpan: Span
  readonly stream: boolean
  /** Of `stream_options`, where there is one. */
  readonly streamOptions: Span | undefined
  /** Just behind the `{` that opens the body. */
  readonly firstMember: number
}

/** Bodies nested deeper than this are refused: no vendor's schema comes near it, and parsers overflow on it. */
const MAX_DEPTH = 200
/** Up to this length a loop finds the end of a string faster than a native search is called. */
const SHORT_STRING = 32

const QUOTE = 0x22
const BACKSLASH = 0x5c
type Watched = 'model' | 'stream' | 'stream_options'
const WATCHED: ReadonlySet<string> = new Set<Watched>(['model', 'stream', 'stream_options'])
const WATCHED_LENGTHS: ReadonlySet<number> = new Set([...WATCHED].map(name => name.length))
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/

/**
 * Reads `model` and `stream` from the root of a JSON body and checks its structure, without building objects: the body is
 * forwarded as it came, so only these need to be known. Strict where it matters: permission and the splice must see the
 * same `model` as the vendor's parser will, so duplicates are refused, and so is everything that is not JSON outside of
 * strings (a lenient parser could read another `model` out of a comment). Throws MalformedJson or InvalidRequest.
 */
export function scanBody(body: Buffer): Scan {
  return new Scanner(body).scan()
}

class Scanner {
  readonly #bytes: Buffer
  #at = 0
  /** The last short string held an escape. */
  #escaped = false
  #found: { [key in Watched]?: Span } = {}

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  scan(): Scan {
    this.#space()
    if (this.#bytes[this.#at] !== 0x7b) this.#unexpected('an object')
    const firstMember = this.#at + 1
    this.#object(0)
    this.#space()
    if (this.#at < this.#bytes.length) this.#unexpected('the end of the body')
    const modelSpan = this.#found.model
    if (modelSpan === undefined) throw InvalidRequest({ param: 'model' }, 'you must provide a model parameter')
    return {
      model: this.#model(modelSpan),
      modelSpan,
      stream: this.#stream(this.#found.stream),
      streamOptions: this.#found.stream_options,
      firstMember,
    }
  }

  #model(span: Span): string {
    const value = this.#parsed(span.start, span.end)
    if (typeof value !== 'string') throw InvalidRequest({ param: 'model' }, 'model must be a string')
    if (value === '') throw InvalidRequest({ param: 'model' }, 'model must not be empty')
    return value
  }

  #stream(span: Span | undefined): boolean {
    const text = span === undefined ? 'null' : this.#text(span)
    if (text === 'true') return true
    if (text === 'false' || text === 'null') return false
    throw InvalidRequest({ param: 'stream' }, 'stream must be true or false')
  }

  #text(span: Span): string {
    return this.#bytes.toString('utf8', span.start, span.end)
  }

  #value(depth: number): void {
    const byte = this.#bytes[this.#at]
    if (byte === QUOTE) this.#string()
    else if (byte === 0x7b) this.#object(depth)
    else if (byte === 0x5b) this.#array(depth)
    else this.#scalar()
  }

  #object(depth: number): void {
    if (depth > MAX_DEPTH) throw MalformedJson({}, `nested more than ${MAX_DEPTH} levels deep`)
    this.#at += 1
    this.#space()
    if (this.#closes(0x7d)) return
    for (;;) {
      const keyStart = this.#at
      if (this.#bytes[this.#at] !== QUOTE) this.#unexpected('a member name')
      this.#string()
      const keyEnd = this.#at
      this.#space()
      if (!this.#closes(0x3a)) this.#unexpected('":"')
      this.#space()
      const start = this.#at
      this.#value(depth + 1)
      if (depth === 0) this.#note(keyStart, keyEnd, start)
      this.#space()
      if (this.#closes(0x7d)) return
      if (!this.#closes(0x2c)) this.#unexpected('"," or "}"')
      this.#space()
    }
  }

  #array(depth: number): void {
    if (depth > MAX_DEPTH) throw MalformedJson({}, `nested more than ${MAX_DEPTH} levels deep`)
    this.#at += 1
    this.#space()
    if (this.#closes(0x5d)) return
    for (;;) {
      this.#value(depth + 1)
      this.#space()
      if (this.#closes(0x5d)) return
      if (!this.#closes(0x2c)) this.#unexpected('"," or "]"')
      this.#space()
    }
  }

  #note(keyStart: number, keyEnd: number, start: number): void {
    const length = keyEnd - keyStart - 2
    // Most members can be told apart from the watched ones by their length alone.
    if (!this.#escaped && length < SHORT_STRING && !WATCHED_LENGTHS.has(length)) return
    // Escapes matter: `"m\u006fdel"` is `model` to every parser.
    const key = String(this.#parsed(keyStart, keyEnd))
    if (!WATCHED.has(key)) return
    const name = key as Watched
    if (this.#found[name] !== undefined) throw InvalidRequest({ param: key }, `${key} is given more than once`)
    this.#found[name] = { start, end: this.#at }
  }

  #parsed(start: number, end: number): unknown {
    try {
      return JSON.parse(this.#bytes.toString('utf8', start, end))
    } catch {
      throw MalformedJson({}, `a broken value at byte ${start}`)
    }
  }

  #string(): void {
    const bytes = this.#bytes
    let at = this.#at + 1
    const near = Math.min(bytes.length, at + SHORT_STRING)
    this.#escaped = false
    while (at < near) {
      const byte = bytes[at]
      if (byte === QUOTE) {
        this.#at = at + 1
        return
      }
      if (byte === BACKSLASH) {
        this.#escaped = true
        at += 1
      }
      at += 1
    }
    this.#at = this.#endOfLongString(at)
  }

  /** `from` is not inside an escape: the short loop stepped over whole ones. */
  #endOfLongString(from: number): number {
    const bytes = this.#bytes
    let at = from
    for (;;) {
      const quote = bytes.indexOf(QUOTE, at)
      if (quote < 0) throw MalformedJson({}, 'a string is not closed')
      let backslashes = 0
      while (quote - backslashes > from && bytes[quote - backslashes - 1] === BACKSLASH) backslashes += 1
      if (backslashes % 2 === 0) return quote + 1
      at = quote + 1
    }
  }

  #scalar(): void {
    const start = this.#at
    const bytes = this.#bytes
    while (isScalarByte(bytes[this.#at])) this.#at += 1
    const text = bytes.toString('latin1', start, this.#at)
    if (text !== 'true' && text !== 'false' && text !== 'null' && !NUMBER.test(text)) {
      this.#at = start
      this.#unexpected('a value')
    }
  }

  #closes(byte: number): boolean {
    if (this.#bytes[this.#at] !== byte) return false
    this.#at += 1
    return true
  }

  #space(): void {
    for (;;) {
      const byte = this.#bytes[this.#at]
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return
      this.#at += 1
    }
  }

  #unexpected(wanted: string): never {
    const where = this.#at < this.#bytes.length ? `at byte ${this.#at}` : 'at the end of the body'
    throw MalformedJson({}, `expected ${wanted} ${where}`)
  }
}

/** Digits, letters, `+`, `-`, `.`: all that numbers and the three literals are made of. */
function isScalarByte(byte: number | undefined): boolean {
  if (byte === undefined) return false
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    byte === 0x2d ||
    byte === 0x2e ||
    byte === 0x2b ||
    byte === 0x45
  )
}
