import { basename, dirname, join } from 'node:path/posix'
import { codeLines, type Import, importsOf, type Tree } from './source-tree.ts'

/** One rule of the house. `violations` says what breaks it; `breach` is a tree that does, so that the rule is seen to work. */
interface Rule {
  readonly name: string
  violations(tree: Tree): string[]
  readonly breach: Readonly<Record<string, string>>
}

/** The parts of src in the order in which they may know each other: each imports only from those before it. */
const LAYERS = [
  'call',
  'errors',
  'roster',
  'get-or-create',
  'retry-after',
  'steps',
  'models',
  'tokens',
  'dialects',
  'providers',
  'config',
  'redis',
  'limits',
  'upstream',
  'meter',
  'profile',
  'cache',
  'relay',
  'routing',
  'responses',
  'sim',
  'greeting',
  'logger',
  'request-ids',
  'workers',
  'listener',
  'ops',
  'app',
  'alone',
  'worker',
  'primary',
  'serve',
  'validate',
  'doctor',
  'server',
]

/** Only these see plugins, routes and Fastify. */
const WIRING = [
  'src/listener.ts',
  'src/ops.ts',
  'src/app.ts',
  'src/alone.ts',
  'src/worker.ts',
  'src/primary.ts',
  'src/serve.ts',
  'src/server.ts',
]

/** Where plugins and routes are registered. */
const LISTENERS = ['src/app.ts', 'src/ops.ts']

const FASTIFY = /^(?:fastify(?:-|$)|@fastify\/)/

/** Where src may touch Fastify outside of the wiring, and what. */
const FASTIFY_EXCEPTIONS: Readonly<Record<string, RegExp>> = {
  'src/errors.ts': /^@fastify\/error$/,
  'src/config/environment.ts': /^(?:fastify|@fastify\/env)$/,
}

/** Code lines that a file may have; the first pattern that fits counts. */
const CEILINGS: readonly (readonly [RegExp, number])[] = [
  [/^routes\//, 100],
  [/^plugins\//, 150],
  [/^src\/providers\//, 120],
  [/^src\/dialects\//, 300],
  [/^src\//, 250],
]

export const RULES: readonly Rule[] = [
  {
    name: 'each part of src imports only parts that come before it',
    violations: tree => houseImports(tree).filter(isBackwards).map(describeImport),
    breach: {
      'src/call/call.ts': "import { faultOf } from '../errors.ts'",
      'src/errors.ts': '',
    },
  },
  {
    name: 'every folder of src has its place among the layers',
    violations: tree => [...tree.keys()].filter(path => layerOf(path) === -1),
    breach: { 'src/utils/misc.ts': '' },
  },
  {
    name: 'only the wiring sees plugins and routes',
    violations: tree =>
      houseImports(tree)
        .filter(({ from, to }) => !WIRING.includes(from) && isUnder(to, 'plugins', 'routes'))
        .map(describeImport),
    breach: { 'plugins/auth.ts': "import meter from './meter.ts'", 'plugins/meter.ts': '' },
  },
  {
    name: 'nothing but the wiring imports the wiring',
    violations: tree =>
      houseImports(tree)
        .filter(({ from, to }) => WIRING.includes(to) && !WIRING.includes(from))
        .map(describeImport),
    breach: { 'plugins/auth.ts': "import { build } from '../src/app.ts'", 'src/app.ts': '' },
  },
  {
    name: 'routes take types only from src, and run code of Fastify alone',
    violations: routeViolations,
    breach: { 'routes/v1/models.ts': "import { ERRORS } from '../../src/errors.ts'", 'src/errors.ts': '' },
  },
  {
    name: 'src is free of Fastify outside of the wiring',
    violations: tree =>
      allImports(tree)
        .filter(({ from, specifier }) => isUnder(from, 'src') && FASTIFY.test(specifier) && !mayUse(from, specifier))
        .map(({ from, specifier }) => `${from} imports ${specifier}`),
    breach: { 'src/limits/bucket.ts': "import type { FastifyRequest } from 'fastify'" },
  },
  {
    name: 'no import leaves the house or names a file that is not there',
    violations: tree =>
      houseImports(tree)
        .filter(({ to }) => !tree.has(to))
        .map(describeImport),
    breach: { 'src/call/call.ts': "import type { Block } from '../../test/block.ts'" },
  },
  {
    name: 'imports go round in no circle',
    violations: tree => circles(tree),
    breach: {
      'src/call/block.ts': "import type { Call } from './call.ts'",
      'src/call/call.ts': "import type { Block } from './block.ts'",
    },
  },
  {
    name: 'no file is longer than its kind may be',
    violations: tree => [...tree].flatMap(([path, source]) => tooLong(path, source)),
    breach: { 'routes/v1/long.ts': 'export const a = 1\n'.repeat(101) },
  },
  {
    name: 'file names are kebab-case',
    violations: tree => [...tree.keys()].filter(path => !/^[a-z0-9]+(?:-[a-z0-9]+)*\.ts$/.test(basename(path))),
    breach: { 'src/call/toolCall.ts': '' },
  },
  {
    name: 'every plugin and every route is registered by name in app.ts or ops.ts',
    violations: tree =>
      [...tree.keys()].filter(path => isUnder(path, 'plugins', 'routes') && !isRegistered(path, tree)),
    breach: { 'plugins/auth.ts': '', 'src/app.ts': "import auth from '../plugins/auth.ts'" },
  },
]

interface LocatedImport extends Import {
  readonly from: string
}

interface HouseImport extends LocatedImport {
  readonly to: string
}

function allImports(tree: Tree): LocatedImport[] {
  return [...tree].flatMap(([from, source]) => importsOf(source).map(found => ({ ...found, from })))
}

function houseImports(tree: Tree): HouseImport[] {
  return allImports(tree)
    .filter(({ specifier }) => specifier.startsWith('.'))
    .map(found => ({ ...found, to: join(dirname(found.from), found.specifier) }))
}

function describeImport({ from, to }: HouseImport): string {
  return `${from} imports ${to}`
}

function isUnder(path: string, ...folders: readonly string[]): boolean {
  return folders.some(folder => path.startsWith(`${folder}/`))
}

/** Place among the layers; `undefined` for what is not in src, -1 for a part of src that has none. */
function layerOf(path: string): number | undefined {
  if (!isUnder(path, 'src')) return undefined
  return LAYERS.indexOf(path.split('/')[1]?.replace(/\.ts$/, '') ?? '')
}

function isBackwards({ from, to }: HouseImport): boolean {
  const [importing, imported] = [layerOf(from), layerOf(to)]
  return importing !== undefined && imported !== undefined && imported > importing
}

function mayUse(path: string, specifier: string): boolean {
  return WIRING.includes(path) || (FASTIFY_EXCEPTIONS[path]?.test(specifier) ?? false)
}

function routeViolations(tree: Tree): string[] {
  const allowed = ({ from, specifier, typeOnly }: LocatedImport): boolean =>
    specifier.startsWith('.')
      ? typeOnly && isUnder(join(dirname(from), specifier), 'src')
      : typeOnly || specifier === 'fastify' || specifier.startsWith('node:')
  return allImports(tree)
    .filter(found => isUnder(found.from, 'routes') && !allowed(found))
    .map(({ from, specifier, typeOnly }) => `${from} imports ${specifier}${typeOnly ? '' : ' (not as a type)'}`)
}

/** Each circle once, as the path that leads back to its first file. */
function circles(tree: Tree): string[] {
  const targets = Map.groupBy(houseImports(tree), ({ from }) => from)
  const done = new Set<string>()
  const found: string[] = []
  const visit = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path)
    if (at !== -1) found.push([...trail.slice(at), path].join(' -> '))
    if (at !== -1 || done.has(path)) return
    for (const { to } of targets.get(path) ?? []) visit(to, [...trail, path])
    done.add(path)
  }
  for (const path of tree.keys()) visit(path, [])
  return found
}

function tooLong(path: string, source: string): string[] {
  const ceiling = CEILINGS.find(([pattern]) => pattern.test(path))?.[1]
  const length = codeLines(source).length
  return ceiling !== undefined && length > ceiling ? [`${path}: ${length} code lines, the ceiling is ${ceiling}`] : []
}

/** Imported by app.ts under a name, and the name used below the imports. */
function isRegistered(path: string, tree: Tree): boolean {
  return LISTENERS.some(listener => isRegisteredBy(tree.get(listener) ?? '', path))
}

function isRegisteredBy(listener: string, path: string): boolean {
  const name = listener.match(new RegExp(`import (\\w+)[^']* from '\\.\\./${path.replaceAll('.', '\\.')}'`))?.[1]
  const body = listener.replaceAll(/^import [^']*'[^']*'$/gm, '')
  return name !== undefined && new RegExp(`\\b${name}\\b`).test(body)
}
