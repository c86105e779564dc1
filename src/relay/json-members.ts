import { InvalidRequest, MalformedJson } from '../errors.ts'

/** A root-level member: its name begins (with its quote) at `nameStart`, its value stands at `[start, end)`. */
export interface Member {
  readonly nameStart: number
  readonly start: number
  readonly end: number
}

export type Members = ReadonlyMap<string, Member>

/** The names to look for, prepared once. */
export interface Watched {
  readonly names: ReadonlySet<string>
  readonly lengths: ReadonlySet<number>
}

/** Bodies nested deeper than this are refused: no vendor's schema comes near it, and parsers overflow on it. */
const MAX_DEPTH = 200
/** Up to this length a loop finds the end of a string faster than a native search is called. */
const SHORT_STRING = 32

const QUOTE = 0x22
const BACKSLASH = 0x5c
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/

export function watch(...names: string[]): Watched {
  return { names: new Set(names), lengths: new Set(names.map(name => name.length)) }
}

/**
 * Finds members at the root of a JSON object, and checks the structure of the whole, without building objects. Strict where
 * it matters: what we find must be what the vendor's parser will find, so a watched member that is given twice is refused,
 * and so is everything that is not JSON outside of strings (a lenient parser could read another one out of a comment).
 * Throws MalformedJson or InvalidRequest.
 */
export function findMembers(json: Buffer, watched: Watched): Members {
  return new Scanner(json, watched).scan()
}

class Scanner {
  readonly #bytes: Buffer
  #at = 0
  /** The last short string held an escape. */
  #escaped = false
  readonly #watched: ReadonlySet<string>
  readonly #lengths: ReadonlySet<number>
  readonly #found = new Map<string, Member>()

  constructor(bytes: Buffer, watched: Watched) {
    this.#bytes = bytes
    this.#watched = watched.names
    this.#lengths = watched.lengths
  }

  scan(): Members {
    this.#space()
    if (this.#bytes[this.#at] !== 0x7b) this.#unexpected('an object')
    this.#object(0)
    this.#space()
    if (this.#at < this.#bytes.length) this.#unexpected('the end of the body')
    return this.#found
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
      const nameStart = this.#at
      if (this.#bytes[this.#at] !== QUOTE) this.#unexpected('a member name')
      this.#string()
      const nameEnd = this.#at
      const nameEscaped = this.#escaped
      this.#space()
      if (!this.#closes(0x3a)) this.#unexpected('":"')
      this.#space()
      const start = this.#at
      this.#value(depth + 1)
      if (depth === 0) this.#note(nameStart, nameEnd, nameEscaped, start)
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

  #note(nameStart: number, nameEnd: number, escaped: boolean, start: number): void {
    const length = nameEnd - nameStart - 2
    // Most members can be told apart from the watched ones by their length alone.
    const plain = !escaped && length < SHORT_STRING
    if (plain && !this.#lengths.has(length)) return
    // Escapes matter: `"m\u006fdel"` is `model` to every parser.
    const name = plain ? this.#bytes.toString('latin1', nameStart + 1, nameEnd - 1) : this.#parsed(nameStart, nameEnd)
    if (!this.#watched.has(name)) return
    if (this.#found.has(name)) throw InvalidRequest({ param: name }, `${name} is given more than once`)
    this.#found.set(name, { nameStart, start, end: this.#at })
  }

  #parsed(start: number, end: number): string {
    try {
      return JSON.parse(this.#bytes.toString('utf8', start, end)) as string
    } catch {
      throw MalformedJson({}, `a broken value at byte ${start}`)
    }
  }

  #string(): void {
    const bytes = this.#bytes
    let at = this.#at + 1
    this.#escaped = false
    for (;;) {
      const near = Math.min(bytes.length, at + SHORT_STRING)
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
      const quote = bytes.indexOf(QUOTE, at)
      if (quote < 0) throw MalformedJson({}, 'a string is not closed')
      // Escaped quotes come in crowds, as in code: the next one may well be near again.
      const closes = !isEscaped(bytes, quote, at)
      at = quote + (closes ? 0 : 1)
    }
  }

  #scalar(): void {
    const start = this.#at
    const bytes = this.#bytes
    if (this.#shortNumber()) return
    while (isScalarByte(bytes[this.#at])) this.#at += 1
    const text = bytes.toString('latin1', start, this.#at)
    if (text !== 'true' && text !== 'false' && text !== 'null' && !NUMBER.test(text)) {
      this.#at = start
      this.#unexpected('a value')
    }
  }

  /** Most numbers are whole and without a sign: they need no text made of them. */
  #shortNumber(): boolean {
    const bytes = this.#bytes
    let at = this.#at
    const first = bytes[at]
    while (isDigit(bytes[at])) at += 1
    if (at === this.#at || isScalarByte(bytes[at]) || (first === 0x30 && at > this.#at + 1)) return false
    this.#at = at
    return true
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

/** `from` is not inside an escape. */
function isEscaped(bytes: Buffer, at: number, from: number): boolean {
  let backslashes = 0
  while (at - backslashes > from && bytes[at - backslashes - 1] === BACKSLASH) backslashes += 1
  return backslashes % 2 === 1
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39
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
