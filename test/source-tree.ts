import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'

/** The repository's root, absolute. */
export const ROOT = resolve(import.meta.dirname, '..')

/** Files by their path from the root, with forward slashes. */
export type Tree = ReadonlyMap<string, string>

export interface Import {
  readonly specifier: string
  readonly typeOnly: boolean
}

const NOT_OURS = new Set(['.git', 'node_modules', 'dist', 'coverage', 'data'])

/** The text of one file of the repository, by its path from the root. */
export function readText(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

/** Every file below the named folders of the repository (all of it when none is named) that `keep` accepts. */
export function readTree(keep: (path: string) => boolean, folders: readonly string[] = ['']): Tree {
  const paths = folders.flatMap(folder => [...walk(join(ROOT, folder))])
  return new Map(
    paths
      .map(path => relative(ROOT, path).replaceAll('\\', '/'))
      .filter(keep)
      .sort()
      .map(path => [path, readText(path)]),
  )
}

function* walk(directory: string): Generator<string> {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name)
    if (NOT_OURS.has(entry.name)) continue
    if (entry.isDirectory()) yield* walk(path)
    else if (entry.isFile()) yield path
  }
}

/** The lines that are code: no blanks and no comments that stand on lines of their own, as the house writes them. */
export function codeLines(source: string): string[] {
  let inComment = false
  return source.split('\n').filter(line => {
    const text = line.trim()
    if (inComment || text.startsWith('/*')) {
      inComment = !text.includes('*/')
      return false
    }
    return text !== '' && !text.startsWith('//')
  })
}

// Between the keyword and `from` stand names, braces, commas and stars only: a colon, `=` or bracket ends the search.
const STATIC_IMPORT = /\b(?:import|export)\s+(type\s+)?(?:[\w$*{},\s]+?\s+from\s+)?'([^']+)'/g
const DYNAMIC_IMPORT = /\bimport\(\s*'([^']+)'/g

/** What a module imports or re-exports, statically or dynamically, types too. */
export function importsOf(source: string): Import[] {
  const code = codeLines(source).join('\n')
  const statics = [...code.matchAll(STATIC_IMPORT)].map(([, type, specifier = '']) => ({
    specifier,
    typeOnly: type !== undefined,
  }))
  const dynamics = [...code.matchAll(DYNAMIC_IMPORT)].map(([, specifier = '']) => ({ specifier, typeOnly: false }))
  return [...statics, ...dynamics]
}
