import type { Json } from './json.ts'

type Members = Readonly<Record<string, Json>>

/** Prefix of wire members that look like a note on form (`$...`), or like an escaped member. */
const ESCAPE = '.'

/** The name under which a wire's member is kept beside notes on form. */
export function escaped(name: string): string {
  return name.startsWith('$') || name.startsWith(ESCAPE) ? ESCAPE + name : name
}

/** The name as it was on the wire. */
export function unescaped(name: string): string {
  return name.startsWith(ESCAPE) ? name.slice(ESCAPE.length) : name
}

/**
 * How a later piece joins an earlier one: `append` for pieces of one value (strings and lists are joined), `replace` for
 * newer reports of the same thing (lists are still joined, strings are not). Objects merge member by member in both.
 */
type Join = 'append' | 'replace'

/**
 * One object that comes in pieces, which are not changed. `$` notes on form are always replaced; null never replaces a value.
 * Its cost is that of the pieces: a list that comes element by element is not copied for each.
 */
export class Joined<Whole extends Members = Members> {
  readonly #join: Join
  /** Lists and objects of several pieces are ours, and grow; those of one piece are the piece's. */
  readonly #members = new Map<string, Json | GrownList | Joined>()

  constructor(join: Join, ...pieces: readonly (Whole | undefined)[]) {
    this.#join = join
    for (const piece of pieces) this.add(piece)
  }

  add(piece: Whole | undefined): this {
    for (const [member, value] of Object.entries(piece ?? {})) {
      const known = this.#members.get(member)
      const first = known === undefined || member.startsWith('$')
      this.#members.set(member, first ? value : this.#joined(known, value))
    }
    return this
  }

  /** Whether the member has exactly this value so far. */
  says(member: string, value: Json): boolean {
    return this.#members.get(member) === value
  }

  /** What has come so far; undefined when nothing has. What comes later does not change it. */
  whole(): Whole | undefined {
    if (this.#members.size === 0) return undefined
    return Object.fromEntries([...this.#members].map(([member, value]) => [member, plain(value)])) as Whole
  }

  #joined(known: Json | GrownList | Joined, value: Json): Json | GrownList | Joined {
    if (value === null) return known
    if (typeof known === 'string' && typeof value === 'string') return this.#join === 'append' ? known + value : value
    if (Array.isArray(value)) {
      if (known instanceof GrownList) return known.add(value)
      if (Array.isArray(known)) return new GrownList().add(known).add(value)
    }
    if (isMembers(value)) {
      if (known instanceof Joined) return known.add(value)
      if (isMembers(known)) return new Joined(this.#join, known, value)
    }
    return value
  }
}

class GrownList {
  readonly list: Json[] = []

  add(more: readonly Json[]): this {
    for (const element of more) this.list.push(element)
    return this
  }
}

function plain(value: Json | GrownList | Joined): Json {
  if (value instanceof GrownList) return [...value.list]
  return value instanceof Joined ? (value.whole() ?? {}) : value
}

function isMembers(value: Json | GrownList | Joined): value is Members {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof GrownList) &&
    !(value instanceof Joined)
  )
}
