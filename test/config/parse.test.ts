import assert from 'node:assert/strict'
import { test } from 'node:test'
import { array, assert as check, constantFrom, property } from 'fast-check'
import { type Document, LineCounter, parseDocument, visit } from 'yaml'
import { parseInSteps } from '../../src/config/parse.ts'
import { atOnce } from '../../src/steps.ts'
import { largeText } from './large.ts'

const OPTIONS = { prettyErrors: false, resolveKnownTags: false, stringKeys: true } as const

/** What a configuration is made from: what is wrong, and every value with its place. */
function contentOf(document: Document.Parsed): object {
  const { errors, warnings } = document
  const nodes: unknown[] = []
  visit(document, { Node: (_, node) => void nodes.push([node.constructor.name, node.range, node.tag, String(node)]) })
  const problems = [...errors, ...warnings].map(({ code, pos }) => [code, pos])
  return { problems, nodes }
}

function expectTheSame(text: string): void {
  const [lines, expectedLines] = [new LineCounter(), new LineCounter()]
  const document = atOnce(parseInSteps(text, lines))
  const expected = parseDocument(text, { ...OPTIONS, lineCounter: expectedLines })
  assert.deepEqual(contentOf(document), contentOf(expected))
  // The parser stops at a second document, whose lines nobody asks for.
  assert.deepEqual(lines.lineStarts.slice(0, expectedLines.lineStarts.length), expectedLines.lineStarts)
}

test('a large file is read in steps as it is at once', () => {
  expectTheSame(largeText(40))
})

/** What YAML is made from, with every kind of line end. */
const PIECES = [
  ...['a: ', 'b: 1', '- ', '? ', ': ', '[', ']', '{', '}', ', ', '"', "'", '|\n', '>-\n', '# no\n', '\ufeff', '\u00e9'],
  ...['\n', '\r\n', '\n  ', '\n    ', '\t', ' ', '---\n', '...\n', '%YAML 1.2\n', '!!int ', '!odd ', '&x ', '*x', '*y'],
]

test('so is any text, be it YAML or not', () => {
  check(
    property(array(constantFrom(...PIECES), { maxLength: 40 }), pieces => expectTheSame(pieces.join(''))),
    { numRuns: 2_000 },
  )
})
