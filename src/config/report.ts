import type { ConfigDocument, Place } from './document.ts'
import type { Problem } from './problem.ts'
import { type Path, showPath } from './tree.ts'

/** Collects the problems of one reading, each with its place. */
export interface Report {
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
  /** `message` follows the path: `listen.port: must be ...`. Nothing is added for a value that has been refused before. */
  add(path: Path, message: string): void
  /** As `add`, with a message that is a sentence of its own, at the place of the key instead of the value. */
  addAtKey(path: Path, message: string): void
  /** Reports what is wrong with the value, and no more of it from then on. */
  refuse(path: Path, message: string): void
  /** As `add`, of something that is allowed. */
  warn(path: Path, message: string): void
  /** The value as it was written, in quotes, before variables were replaced; nothing where it was not. */
  quote(path: Path): string
}

/**
 * `document` is undefined where there is no file. `overrides` names the environment variable that gave a value, by the
 * value's path as `showPath` gives it.
 */
export function createReport(document: ConfigDocument | undefined, overrides: ReadonlyMap<string, string>): Report {
  const problems: Problem[] = (document?.unresolved ?? []).map(({ problem }) => problem)
  const warnings: Problem[] = []
  const refused = new Set((document?.unresolved ?? []).map(({ scalar }) => showPlace(scalar)))

  const place = (path: Path, part: 'key' | 'value') =>
    document && { file: document.file, ...document.locate(path, part) }
  const sourceOf = (path: Path) => {
    const shown = showPath(path)
    return document === undefined || overrides.has(shown) ? shown : showPlace(document.locate(path, 'value'))
  }
  const add = (path: Path, message: string) => {
    if (refused.has(sourceOf(path))) return
    const shown = showPath(path)
    const variable = overrides.get(shown)
    if (variable !== undefined) problems.push({ message: `environment variable ${variable}: ${message}` })
    else problems.push({ message: `${shown}: ${message}`, ...place(path, 'value') })
  }

  return {
    problems,
    warnings,
    add,
    addAtKey: (path, message) => problems.push({ message, ...place(path, 'key') }),
    refuse(path, message) {
      add(path, message)
      refused.add(sourceOf(path))
    },
    warn: (path, message) => warnings.push({ message: `${showPath(path)}: ${message}`, ...place(path, 'value') }),
    quote(path) {
      const written = overrides.has(showPath(path)) ? undefined : document?.written(path)
      return written === undefined ? '' : ` "${written}"`
    },
  }
}

function showPlace({ line, column }: Place): string {
  return `${line}:${column}`
}
