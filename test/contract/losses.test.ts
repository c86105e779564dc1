import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import type { Json, JsonObject } from '../../src/call/json.ts'
import type { Loss } from '../../src/call/loss.ts'
import { dialectNamed } from '../../src/dialects/index.ts'
import { ROOT } from '../source-tree.ts'
import { answerLosses, requestLosses } from './losses.ts'
import { DIALECTS, type DialectName, type Recording, readRecordings } from './recordings.ts'
import { questionIn } from './requests.ts'

const SAMPLES = join(import.meta.dirname, '../fixtures/losses')

/** A section of the page: one direction. Losses are told as `path: why`, numbers in paths as `*`. */
type Section =
  | 'Requests: Chat Completions to Anthropic'
  | 'Requests: Anthropic to Chat Completions'
  | 'Answers: Chat Completions to Anthropic'
  | 'Answers: Anthropic to Chat Completions'

/** The two dialects whose tables say all of the losses between them, path by path. */
type Tabled = 'openai-chat' | 'anthropic'

const TITLES: Readonly<Record<Tabled, string>> = { 'openai-chat': 'Chat Completions', anthropic: 'Anthropic' }

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

const page = readFileSync(join(ROOT, 'docs/losses.md'), 'utf8')
const rows = readRows(page)
const samples = (['openai-chat', 'anthropic'] as const).flatMap(measureSamples)

suite('docs/losses.md', () => {
  test('has a row for every loss of the hand-written samples', () => checkListed(samples))

  test('names no loss that none of the samples has', () => {
    const stale = rows.filter(row => !samples.some(loss => fits(row, loss)))
    assert.deepEqual(stale.map(describe), [])
  })

  const folder = process.env.RECORDINGS
  if (folder === undefined) {
    test('has a row for every loss of recorded traffic', { skip: 'RECORDINGS is not set' })
    test('has the reason of every loss between any two dialects', { skip: 'RECORDINGS is not set' })
  } else {
    const recordings = readRecordings(folder)
    test('has a row for every loss of recorded traffic', () => {
      const measured = recordings.flatMap(measureRecording)
      assert.ok(measured.length > 0)
      checkListed(measured)
    })
    test('has the reason of every loss between any two dialects', () => {
      const reasons = readReasons(page)
      const losses = recordings.flatMap(lossesAnywhere)
      assert.ok(losses.length > 0)
      const absent = losses.filter(({ why }) => !reasons.some(reason => reason.test(nameless(why))))
      assert.deepEqual(
        [...new Map(absent.map(({ path, why, of }) => [nameless(why), `${path} | ${why} (${of})`])).values()],
        [],
      )
    })
  }
})

function checkListed(measured: readonly Measured[]): void {
  const absent = measured.filter(loss => !rows.some(row => fits(row, loss)))
  assert.deepEqual([...new Set(absent.map(loss => `${describe(loss)} (${loss.of})`))], [])
}

function describe({ section, path, why }: Row): string {
  return `${section} | ${path} | ${why}`
}

function fits(row: Row, loss: Row): boolean {
  return row.section === loss.section && row.path === loss.path && patternOf(row.why).test(loss.why)
}

function patternOf(why: string): RegExp {
  return new RegExp(`^${why.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&').replaceAll('…', '.+')}$`)
}

/** A reason that every dialect has for the members of every other one. */
function nameless(why: string): string {
  return why.replace(new RegExp(DIALECTS.join('|'), 'g'), '…')
}

/** All reasons on the page; a row may have several. */
function readReasons(text: string): RegExp[] {
  const cells = text
    .split('\n')
    .filter(line => line.startsWith('| `'))
    .map(line => line.slice(2).split(' | ')[2] ?? '')
  return cells.flatMap(cell => [cell, ...cell.split('; ')]).map(cell => patternOf(nameless(cell)))
}

/** What is lost of a recording on its way to any other dialect, and of what any other client asks its vendor. */
function lossesAnywhere(recording: Recording): (Loss & { readonly of: string })[] {
  const { id, dialect, request, model, status } = recording
  return DIALECTS.filter(other => other !== dialect).flatMap(other => {
    const { body } = questionIn(other, recording, '')
    const losses = [
      ...(request === undefined ? [] : requestLosses(dialect, other, request, model)),
      ...requestLosses(other, dialect, body, model),
      ...(status === 200 ? answerLosses(recording, other) : []),
    ]
    return losses.map(loss => ({ ...loss, of: `${id}, ${other}` }))
  })
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

function measureSamples(from: Tabled): Measured[] {
  const read = (kind: string): JsonObject[] =>
    JSON.parse(readFileSync(join(SAMPLES, `${from}-${kind}.json`), 'utf8')) as JsonObject[]
  const to = otherThan(from)
  return [
    ...read('requests').flatMap((json, at) => placed('Requests', from, requestLosses(from, to, json), `request ${at}`)),
    ...read('answers').flatMap((json, at) =>
      placed(
        'Answers',
        from,
        dialectNamed(to).writeResponse(dialectNamed(from).readResponse(json as Json)).losses,
        `answer ${at}`,
      ),
    ),
  ]
}

/** What is lost when the recorded request goes to the other vendor, and when the recording answers the other client. */
function measureRecording(recording: Recording): Measured[] {
  const { id, dialect, request, status } = recording
  if (!isTabled(dialect)) return []
  const client = otherThan(dialect)
  return [
    ...placed('Requests', dialect, request === undefined ? [] : requestLosses(dialect, client, request), id),
    ...placed(
      'Requests',
      client,
      requestLosses(client, dialect, { model: 'm', ...questionIn(client, recording, '').body }),
      id,
    ),
    ...placed('Answers', dialect, status === 200 ? answerLosses(recording, client) : [], id),
  ]
}

function placed(what: string, from: Tabled, losses: readonly Loss[], of: string): Measured[] {
  const section = `${what}: ${TITLES[from]} to ${TITLES[otherThan(from)]}` as Section
  return losses.map(({ path, why }) => ({ section, path: path.replace(/(?<=^|\.)\d+(?=\.|$)/g, '*'), why, of }))
}

function otherThan(dialect: Tabled): Tabled {
  return dialect === 'anthropic' ? 'openai-chat' : 'anthropic'
}

function isTabled(dialect: DialectName): dialect is Tabled {
  return dialect in TITLES
}
