import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { suite, test } from 'node:test'
import { z } from 'zod'
import { CONSEQUENCES, ERRORS } from '../src/errors.ts'
import { METRICS } from '../src/meter/metrics.ts'
import { loadText } from './load-text.ts'
import { ROOT, readText, readTree } from './source-tree.ts'

/** The cells of each row of a Markdown table whose first cell is one word of code; code marks are taken off it. */
function rowsOf(markdown: string): [string, ...string[]][] {
  return [...markdown.matchAll(/^\| `([\w./<>{}:-]+)` \|(.*)\|$/gm)].map(([, name = '', rest = '']) => [
    name,
    ...rest.split('|').map(cell => cell.trim()),
  ])
}

/** Lines to add to a document, so that the failure can be mended by pasting. */
function missing(lines: Iterable<string>): string {
  return `add to the table:\n${[...lines].join('\n')}\n`
}

suite('docs/errors.md', () => {
  const page = readText('docs/errors.md')
  const rows = new Map(rowsOf(page).map(([code, ...cells]) => [code, cells]))

  test('has a line for every code', () => {
    const absent = [...ERRORS].filter(([code]) => !rows.has(code))
    const lines = absent.map(([code, { kind, message }]) => `| \`${code}\` | ${kind} | ${message} | (how to mend it) |`)
    assert.equal(absent.length, 0, missing(lines))
  })

  test('names no code that is gone, and each kind as the code has it', () => {
    assert.deepEqual(
      [...rows].map(([code, [kind]]) => [code, kind]),
      [...rows.keys()].map(code => [code, ERRORS.get(code)?.kind]),
    )
  })

  test('says of every kind what follows from it', () => {
    for (const [kind, { status, nextTarget, breaker }] of Object.entries(CONSEQUENCES)) {
      const yes = (flag: boolean): string => (flag ? 'yes' : 'no')
      assert.ok(page.includes(`| ${kind} | ${status} | ${yes(nextTarget)} | ${yes(breaker)}`), kind)
    }
  })
})

suite('docs/metrics.md', () => {
  const rows = new Map(rowsOf(readText('docs/metrics.md')).map(([name, ...cells]) => [name, cells]))

  test('has a line for every metric', () => {
    const absent = Object.values(METRICS).filter(({ name }) => !rows.has(name))
    const lines = absent.map(
      ({ name, type, labels, help }) => `| \`${name}\` | ${type} | ${labels.join(', ')} | ${help} |`,
    )
    assert.equal(absent.length, 0, missing(lines))
  })

  test('names no metric that is gone, and each type and label as the code has it', () => {
    const registered = new Map(Object.values(METRICS).map(metric => [metric.name as string, metric]))
    for (const [name, [type, labels]] of rows) {
      const metric = registered.get(name)
      assert.ok(metric, `${name} is not registered`)
      assert.deepEqual([type, labels], [metric.type, metric.labels.join(', ')], name)
    }
  })
})

suite('README.md and docs', () => {
  const pages = readTree(path => path.endsWith('.md') && !path.startsWith('test/'))

  test('every relative link leads somewhere, to a heading that is there', () => {
    const broken = [...pages].flatMap(([path, text]) =>
      [...text.matchAll(/\]\((?![a-z]+:)([^)#\s]*)(?:#([^)\s]+))?\)/g)]
        .filter(([, file = '', anchor]) => !leadsSomewhere(path, file, anchor))
        .map(([link]) => `${path}: ${link}`),
    )
    assert.deepEqual(broken, [])
  })

  test('every npm script that a page names exists', () => {
    const { scripts } = z
      .object({ scripts: z.record(z.string(), z.string()) })
      .parse(JSON.parse(readText('package.json')))
    const unknown = [...pages].flatMap(([path, text]) =>
      [...text.matchAll(/npm run ([\w:-]+)/g)]
        .filter(([, name = '']) => !(name in scripts))
        .map(([command]) => `${path}: ${command}`),
    )
    assert.deepEqual(unknown, [])
  })

  test('every decision stands in the index', () => {
    const index = readText('docs/decisions/README.md')
    const absent = [...pages.keys()]
      .filter(path => path.startsWith('docs/decisions/') && !path.endsWith('/README.md'))
      .map(path => path.replace('docs/decisions/', ''))
      .filter(name => !index.includes(`](${name})`))
    assert.equal(absent.length, 0, missing(absent.map(name => `| [${name}](${name}) | (what it decides) |`)))
  })

  test('the README begins with the two commands', () => {
    const readme = readText('README.md')
    assert.match(readme, /npm ci && npm start/)
    assert.match(readme, /npm test/)
  })

  test('every configuration that a page shows is accepted', async () => {
    const shown = [...pages].flatMap(([path, text]) =>
      [...text.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, yaml = '']) => ({ path, yaml })),
    )
    assert.ok(shown.some(({ path }) => path === 'README.md'))
    for (const { path, yaml } of shown) {
      const names = [...yaml.matchAll(/\$\{(\w+)/g)].map(([, name = '']) => [name, '6f1c'.repeat(16)])
      await assert.doesNotReject(loadText(yaml, Object.fromEntries(names)), path)
    }
  })

  function leadsSomewhere(from: string, file: string, anchor: string | undefined): boolean {
    const target = file === '' ? from : join(dirname(from), file)
    if (!existsSync(join(ROOT, target))) return false
    return anchor === undefined || headingsOf(target).includes(anchor)
  }

  /** Anchors as GitHub makes them of headings. */
  function headingsOf(path: string): string[] {
    return [...readText(path).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    )
  }
})
