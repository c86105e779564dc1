import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import type { Json, JsonObject } from '../../src/call/json.ts'
import type { Loss } from '../../src/call/loss.ts'
import { dialectNamed } from '../../src/dialects/index.ts'
import { ROOT } from '../source-tree.ts'
import { requestLosses } from './losses.ts'
import { DIALECTS, type DialectName } from './recordings.ts'

const FIXTURES = join(import.meta.dirname, '../fixtures')

/** What the tables tell that are not of one pair of dialects: everything to one, or from one. */
interface Direction {
  readonly kinds: readonly ('requests' | 'answers')[]
  readonly from?: DialectName
  readonly to?: DialectName
}

/** At Bedrock and at Google what is lost depends on the model. */
const MODELS = ['m', 'anthropic.claude-sonnet-4', 'meta.llama3-3-70b-instruct-v1:0', 'gemini-3-pro'] as const

const BOTH = ['requests', 'answers'] as const

const SECTIONS: Readonly<Record<string, Direction>> = {
  'Gemini: requests to it': { kinds: ['requests'], to: 'gemini' },
  'Gemini: its answers, to clients of other APIs': { kinds: ['answers'], from: 'gemini' },
  'Gemini: requests of its clients, to other vendors': { kinds: ['requests'], from: 'gemini' },
  'Gemini: answers of other vendors, to its clients': { kinds: ['answers'], to: 'gemini' },
  'To Bedrock': { kinds: BOTH, to: 'bedrock' },
  'From Bedrock': { kinds: BOTH, from: 'bedrock' },
  'To the Responses API': { kinds: BOTH, to: 'openai-responses' },
  'From the Responses API': { kinds: BOTH, from: 'openai-responses' },
}

interface Measured extends Loss {
  readonly kind: 'requests' | 'answers'
  readonly from: DialectName
  readonly to: DialectName
}

const page = readFileSync(join(ROOT, 'docs/losses.md'), 'utf8')
const measured: readonly Measured[] = [
  ...DIALECTS.flatMap(from => DIALECTS.filter(to => to !== from).flatMap(to => measure(from, to))),
  ...placed('requests', 'anthropic', 'bedrock', lossesOfBetas()),
]

suite('docs/losses.md, of Gemini, Bedrock and the Responses API', () => {
  for (const [title, direction] of Object.entries(SECTIONS)) {
    test(`${title}: each reason of each row is one that some sample has`, () => {
      const losses = measured.filter(loss => isOf(loss, direction))
      const stale = rowsOf(title).flatMap(({ paths, reasons }) =>
        reasons
          .filter(
            why =>
              !losses.some(
                loss => patternOf(why).test(nameless(loss.why)) && paths.some(path => fits(path, loss.path)),
              ),
          )
          .map(why => `${paths.join(', ')} | ${why}`),
      )
      assert.deepEqual(stale, [])
    })
  }

  test('every loss of the samples between any two dialects has its reason there', () => {
    const reasons = [...page.matchAll(/^\| `.*$/gm)].flatMap(([line]) => reasonsIn(line.slice(2).split(' | ')[2] ?? ''))
    const patterns = reasons.map(patternOf)
    const absent = measured.filter(({ why }) => !patterns.some(pattern => pattern.test(nameless(why))))
    assert.deepEqual(
      [
        ...new Map(
          absent.map(loss => [nameless(loss.why), `${loss.from} to ${loss.to}: ${loss.path} | ${loss.why}`]),
        ).values(),
      ],
      [],
    )
  })
})

interface Row {
  readonly paths: readonly string[]
  readonly reasons: readonly string[]
}

function rowsOf(title: string): Row[] {
  const section = page.split('\n## ').find(text => text.startsWith(`${title}\n`)) ?? ''
  return section
    .split('\n')
    .filter(line => line.startsWith('| `'))
    .map(line => {
      const [paths = '', , why = ''] = line.slice(2).split(' | ')
      return { paths: [...paths.matchAll(/`([^`]+)`/g)].map(([, path = '']) => path), reasons: reasonsIn(why) }
    })
}

/** A cell may hold several reasons; one that refers to another table holds none. */
function reasonsIn(cell: string): string[] {
  return cell.startsWith('see ') || cell === 'the same reasons' ? [] : cell.split('; ')
}

/** `*` in a path of the page stands for a number, `*` at its end for any member, `any_other_member` for anything. */
function fits(path: string, lost: string): boolean {
  if (path.endsWith('any_other_member')) return true
  const steps = path.split('.').map(step => (step === '*' ? '[^.]+' : step.replace(/[$()[\]]/g, '\\$&')))
  return new RegExp(`^${steps.join('\\.')}`).test(lost)
}

function patternOf(why: string): RegExp {
  return new RegExp(
    `^${nameless(why)
      .replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
      .replaceAll('…', '.+')}$`,
  )
}

/** A reason that every dialect has for the members of every other one. */
function nameless(why: string): string {
  return why.replace(new RegExp(DIALECTS.join('|'), 'g'), '…')
}

function isOf({ kind, from, to }: Measured, direction: Direction): boolean {
  return direction.kinds.includes(kind) && (direction.from ?? from) === from && (direction.to ?? to) === to
}

function placed(kind: Measured['kind'], from: DialectName, to: DialectName, losses: readonly Loss[]): Measured[] {
  return losses.map(loss => ({ ...loss, kind, from, to }))
}

function measure(from: DialectName, to: DialectName): Measured[] {
  const asked = samplesOf(from, 'requests').flatMap(json =>
    MODELS.flatMap(model => requestLosses(from, to, { ...(json as JsonObject), model }, model)),
  )
  const answered = samplesOf(from, 'answers').flatMap(json => answerLosses(from, to, json))
  return [...placed('requests', from, to, asked), ...placed('answers', from, to, answered)]
}

/** Betas are asked for in a header. */
function lossesOfBetas(): readonly Loss[] {
  const json = { model: 'm', max_tokens: 8, messages: [{ role: 'user', content: 'Hello' }] }
  const call = dialectNamed('anthropic').readRequest({ json, headers: { 'anthropic-beta': 'of-tomorrow-2030-01-01' } })
  return dialectNamed('bedrock').writeRequest({ ...call, model: 'anthropic.claude-sonnet-4' }).losses
}

function answerLosses(from: DialectName, to: DialectName, json: Json): readonly Loss[] {
  return dialectNamed(to).writeResponse(dialectNamed(from).readResponse(json)).losses
}

/** Those by which the dialects are tested, and those that were written to lose something. */
function samplesOf(dialect: DialectName, kind: 'requests' | 'answers'): Json[] {
  const folder = join(FIXTURES, dialect, kind === 'requests' ? kind : 'responses')
  const losing = ['losses', 'losses/elsewhere'].map(place => join(FIXTURES, place, `${dialect}-${kind}.json`))
  return [
    ...readdirSync(folder).map(file => read(join(folder, file))),
    ...losing.filter(existsSync).flatMap(file => read(file) as Json[]),
  ]
}

function read(file: string): Json {
  return JSON.parse(readFileSync(file, 'utf8')) as Json
}
