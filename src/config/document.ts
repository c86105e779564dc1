import type { Document, ErrorCode, Pair, YAMLError } from 'yaml'
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Scalar, visit } from 'yaml'
import type { Steps } from '../steps.ts'
import { interpolate, type Variables } from './interpolate.ts'
import { parseInSteps } from './parse.ts'
import { ConfigError, type Problem } from './problem.ts'
import { isSection, type Path } from './tree.ts'

export interface Place {
  readonly line: number
  readonly column: number
}

/** A file that has been read as YAML, its variables replaced. */
export interface ConfigDocument {
  readonly file: string
  readonly tree: Record<string, unknown>
  /** References that could not be replaced; the values that hold them are kept as written. */
  readonly unresolved: readonly { readonly problem: Problem; readonly scalar: Place }[]
  /** Where the value (or the key) at a path stands; for a path that is not in the file, the innermost section that is. */
  locate(path: Path, part: 'key' | 'value'): Place
  /** The text of a scalar before its variables were replaced. */
  written(path: Path): string | undefined
}

/** More aliases than this, counted as they multiply, are an attack and not a configuration. */
const MAX_ALIASES = 100

/** After some syntax errors the rest follows from them. */
const MAX_SYNTAX_ERRORS = 5

/** Reads YAML text. Throws a ConfigError for syntax errors, duplicate keys, unknown tags, alias bombs and an empty file. */
export function* readDocument(file: string, text: string, variables: Variables): Steps<ConfigDocument> {
  const lines = new LineCounter()
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const document = yield* parseInSteps(text, lines)
  yield
  const problems = [...syntaxProblems(document, file, place), ...aliasProblems(document, file, place)]
  if (problems.length > 0) throw new ConfigError(problems)

  const originals = new Map<Scalar, string>()
  const unresolved = replaceVariables(document, variables, originals, (scalar, written) => {
    const [start, end] = scalar.range ?? [0, 0]
    const found = text.slice(start, end).indexOf(written)
    return { scalar: place(start), reference: { file, ...place(start + Math.max(found, 0)) } }
  })
  yield
  return {
    file,
    tree: toTree(document, file),
    unresolved,
    locate: (path, part) => place(offsetOf(document, path, part)),
    written: path => {
      const { value: node, complete } = walk(document, path)
      if (!complete || !isScalar(node)) return undefined
      return originals.get(node) ?? String(node.value)
    },
  }
}

/** The first of each line: what follows on it is the parser's echo. */
function syntaxProblems(document: Document, file: string, place: (offset: number) => Place): Problem[] {
  const byLine = new Map<number, Problem>()
  for (const error of [...document.errors, ...document.warnings]) {
    const { line, column } = place(error.pos[0])
    if (!byLine.has(line)) byLine.set(line, { message: explain(error), file, line, column })
  }
  return [...byLine.values()].slice(0, MAX_SYNTAX_ERRORS)
}

/** The parser's own words, except where they repeat what the file holds: that may be a secret. */
const QUOTING_ERRORS: Partial<Record<ErrorCode, string>> = {
  UNEXPECTED_TOKEN: `unexpected text; is a quote, a comma or a bracket missing? Between {} or [], "\${NAME}" needs its quotes`,
  BAD_ALIAS: 'an anchor or alias is not named properly',
  BAD_DIRECTIVE: 'unknown YAML directive',
  BAD_DQ_ESCAPE: 'invalid escape sequence in a double-quoted string; use single quotes',
  TAG_RESOLVE_FAILED: 'unknown YAML tag',
  BAD_COLLECTION_TYPE: 'a YAML tag does not fit its value',
  MULTIPLE_DOCS: 'the file holds several YAML documents; one is allowed',
  BAD_PROP_ORDER: 'a YAML anchor or tag stands in the wrong place',
}

function explain(error: YAMLError): string {
  return `not valid YAML: ${QUOTING_ERRORS[error.code] ?? error.message}`
}

function aliasProblems(document: Document, file: string, place: (offset: number) => Place): Problem[] {
  const problems: Problem[] = []
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document) !== undefined) return
      problems.push({
        message: 'not valid YAML: an alias names no anchor above it',
        file,
        ...place(alias.range?.[0] ?? 0),
      })
    },
  })
  return problems
}

function replaceVariables(
  document: Document,
  variables: Variables,
  originals: Map<Scalar, string>,
  where: (scalar: Scalar, written: string) => { scalar: Place; reference: Place & { file: string } },
): ConfigDocument['unresolved'] {
  const unresolved: { problem: Problem; scalar: Place }[] = []
  visit(document, {
    Scalar(key, scalar) {
      if (key === 'key' || typeof scalar.value !== 'string') return
      originals.set(scalar, scalar.value)
      const result = interpolate(scalar.value, variables)
      scalar.value = result.text
      for (const { message, written } of result.unresolved) {
        const places = where(scalar, written)
        unresolved.push({ problem: { message, ...places.reference }, scalar: places.scalar })
      }
    },
  })
  return unresolved
}

function toTree(document: Document, file: string): Record<string, unknown> {
  const start = { file, line: 1, column: 1 }
  const tree = expand(document, start)
  if (tree === null) throw new ConfigError([{ message: 'the file is empty', ...start }])
  if (!isSection(tree)) throw new ConfigError([{ message: 'expected sections such as "providers:"', ...start }])
  return tree
}

function expand(document: Document, start: { file: string; line: number; column: number }): unknown {
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES })
  } catch {
    throw new ConfigError([{ message: 'too many YAML aliases', ...start }])
  }
}

interface Found {
  readonly key: Node | undefined
  readonly value: Node | undefined
}

/** The nodes at a path, or those of the innermost section on the way that exists. */
function walk(document: Document, path: Path): Found & { complete: boolean } {
  let found: Found = { key: undefined, value: document.contents ?? undefined }
  for (const segment of path) {
    const next = step(document, found.value, segment)
    if (next === undefined) return { ...found, complete: false }
    found = next
  }
  return { ...found, complete: true }
}

function step(document: Document, node: Node | undefined, segment: string | number): Found | undefined {
  const target = isAlias(node) ? node.resolve(document) : node
  if (isSeq<Node>(target)) {
    const value = target.items[Number(segment)]
    return value && { key: value, value }
  }
  if (!isMap<Node, Node | null>(target)) return undefined
  const pair = target.items.find(
    (item: Pair<Node, Node | null>) => isScalar(item.key) && String(item.key.value) === String(segment),
  )
  return pair && { key: pair.key, value: pair.value ?? undefined }
}

function offsetOf(document: Document, path: Path, part: 'key' | 'value'): number {
  const { key, value, complete } = walk(document, path)
  const node = part === 'value' && complete ? (value ?? key) : (key ?? value)
  return node?.range?.[0] ?? 0
}
