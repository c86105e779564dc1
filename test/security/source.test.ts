import { type TestContext, test } from 'node:test'
import { codeLines, importsOf, readTree } from '../source-tree.ts'

/** Code that makes code, or programs, out of text. */
const MAKES_CODE =
  /(?<![.\w])eval\s*\((?!\w+:)|\bnew\s+Function\b|\bFunction\s*\(|\bAsyncFunction\b|\bprocess\.binding\b|setTimeout\(\s*['"`]/
const MODULES = /^(?:node:)?(?:child_process|vm|repl|inspector|worker_threads)(?:\/|$)/
/** Profiles are taken through the inspector, which could run code as well; here it is asked for nothing but profiles. */
const PROFILERS = ['src/profile/cpu-profile.ts', 'src/profile/heap-sampler.ts']
/** Tokens are counted in a thread, which runs one file of our own. */
const COUNTERS = ['src/tokens/counter.ts', 'src/tokens/tokenizer.ts']
const TEMPLATES = /^(?:ejs|handlebars|mustache|nunjucks|pug|eta|liquidjs|lodash|@fastify\/view)(?:\/|$)/

const RUNNING = readTree(path => path.endsWith('.ts'), ['src', 'plugins', 'routes'])

test('E19: no code that runs makes code or a process out of a string, and none renders templates', (t: TestContext) => {
  t.assert.ok(RUNNING.size > 100)
  const found = [...RUNNING].flatMap(([path, source]) => [
    ...codeLines(source).filter(line => MAKES_CODE.test(line)),
    ...importsOf(source).flatMap(({ specifier }) =>
      (MODULES.test(specifier) && ![...PROFILERS, ...COUNTERS].includes(path)) || TEMPLATES.test(specifier)
        ? [`${path} imports ${specifier}`]
        : [],
    ),
  ])
  t.assert.deepEqual(found, [])
})

test('E19: the inspector is asked for profiles and for nothing else', (t: TestContext) => {
  for (const path of PROFILERS) {
    const source = RUNNING.get(path) ?? ''
    const asked = [...source.matchAll(/\.post\(([^,)]*)/g)].map(([, what]) => what)
    t.assert.ok(asked.length > 0, path)
    for (const what of asked) t.assert.match(what ?? '', /^'(?:Heap)?Profiler\.\w+'$/)
  }
})

test('E19: the only thread runs a file of our own', (t: TestContext) => {
  const threads = [...RUNNING].flatMap(([, source]) =>
    [...source.matchAll(/new Worker\(([^)]*)\)/g)].map(([, file]) => file),
  )
  t.assert.deepEqual(threads, ['COUNTER'])
  const file =
    /COUNTER = new URL\(import\.meta\.url\.endsWith\('\.ts'\) \? '\.\/counter\.ts' : '\.\/counter\.js', import\.meta\.url\)/
  t.assert.match(RUNNING.get('src/tokens/tokenizer.ts') ?? '', file)
})

test('E19: the only modules that are named at run time are the plugins of the config', (t: TestContext) => {
  const named = [...RUNNING].filter(
    ([, source]) => /\bimport\((?!\s*')/.test(codeLines(source).join('\n')) || /\brequire\(/.test(source),
  )
  t.assert.deepEqual(
    named.map(([path]) => path),
    ['plugins/extensions.ts'],
  )
})

test('E19: the search sees what it looks for', (t: TestContext) => {
  for (const line of ['eval(text)', 'new Function("a")', "setTimeout('x()')"]) t.assert.match(line, MAKES_CODE)
  for (const specifier of ['node:child_process', 'vm', 'node:inspector/promises']) t.assert.match(specifier, MODULES)
})
