import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import type { JsonObject } from '../../src/call/json.ts'
import type { Loss } from '../../src/call/loss.ts'
import { ROOT } from '../source-tree.ts'
import { answerLosses, requestLosses } from './losses.ts'
import { type DialectName, type Recording, readRecordings } from './recordings.ts'
import { requestIn } from './requests.ts'

const SAMPLES = join(import.meta.dirname, '../fixtures/losses')

/** A section of the page: one direction. Losses are told as `path: why`, numbers in paths as `*`. */
type Section =
  | 'Requests: Chat Completions to Anthropic'
  | 'Requests: Anthropic to Chat Completions'
  | 'Answers: Chat Completions to Anthropic'
  | 'Answers: Anthropic to Chat Completions'

const TITLES: Readonly<Record<DialectName, string>> = { 'openai-chat': 'Chat Completions', anthropic: 'Anthropic' }

/** A row of the page for one path; `…` in its reason fits any words. */
interface Row {
  readonly section: Section
  readonly path: string
  readonly why: string
}

interface Measured extends Row {
  /** The sample or recording that lost it. */
  readonly of: string
}

const rows = readRows(readFileSync(join(ROOT, 'docs/losses.md'), 'utf8'))
const samples = (['openai-chat', 'anthropic'] as const).flatMap(measureSamples)

suite('docs/losses.md', () => {
  test('has a row for every loss of the hand-written samples', () => checkListed(samples))

  test('names no loss that none of the samples has', () => {
    const stale = rows.filter(row => !samples.some(loss => fits(row, loss)))
    assert.deepEqual(stale.map(describe), [])
  })

  const folder = process.env.RECORDINGS
  if (folder === undefined) test('has a row for every loss of recorded traffic', { skip: 'RECORDINGS is not set' })
  else
    test('has a row for every loss of recorded traffic', () => {
      const measured = readRecordings(folder).flatMap(measureRecording)
      assert.ok(measured.length > 0)
      checkListed(measured)
    })
})

function checkListed(measured: readonly Measured[]): void {
  const absent = measured.filter(loss => !rows.some(row => fits(row, loss)))
  assert.deepEqual([...new Set(absent.map(loss => `${describe(loss)} (${loss.of})`))], [])
}

function describe({ section, path, why }: Row): string {
  return `${section} | ${path} | ${why}`
}

function fits(row: Row, loss: Row): boolean {
  const why = row.why.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&').replaceAll('…', '.+')
  return row.section === loss.section && row.path === loss.path && new RegExp(`^${why}$`).test(loss.why)
}

/** The page's tables, under their headings; a row may name several paths. */
function readRows(page: string): Row[] {
  return page.split('\n## ').flatMap(text => {
    const [section = '', ...lines] = text.split('\n')
    if (!/^(Requests|Answers): /.test(section)) return []
    return lines
      .filter(line => line.startsWith('| `'))
      .flatMap(line => {
        const [paths = '', , why = ''] = line.slice(2).split(' | ')
        return paths.split(', ').map(path => ({ section: section as Section, path: path.replaceAll('`', ''), why }))
      })
  })
}

function measureSamples(from: DialectName): Measured[] {
  const read = (kind: string): JsonObject[] =>
    JSON.parse(readFileSync(join(SAMPLES, `${from}-${kind}.json`), 'utf8')) as JsonObject[]
  const to = otherThan(from)
  return [
    ...read('requests').flatMap((json, at) => placed('Requests', from, requestLosses(from, to, json), `request ${at}`)),
    ...read('answers').flatMap((json, at) =>
      placed('Answers', from, answerLosses(from, to, JSON.stringify(json), false), `answer ${at}`),
    ),
  ]
}

/** What is lost when the recorded request goes to the other vendor, and when the recording answers the other client. */
function measureRecording(recording: Recording): Measured[] {
  const { id, dialect, request, status, body, stream } = recording
  const client = otherThan(dialect)
  return [
    ...placed('Requests', dialect, request === undefined ? [] : requestLosses(dialect, client, request), id),
    ...placed('Requests', client, requestLosses(client, dialect, requestIn(client, recording, 'translate')), id),
    ...placed('Answers', dialect, status === 200 ? answerLosses(dialect, client, body, stream) : [], id),
  ]
}

function placed(what: string, from: DialectName, losses: readonly Loss[], of: string): Measured[] {
  const section = `${what}: ${TITLES[from]} to ${TITLES[otherThan(from)]}` as Section
  return losses.map(({ path, why }) => ({ section, path: path.replace(/(?<=^|\.)\d+(?=\.|$)/g, '*'), why, of }))
}

function otherThan(dialect: DialectName): DialectName {
  return dialect === 'anthropic' ? 'openai-chat' : 'anthropic'
}
