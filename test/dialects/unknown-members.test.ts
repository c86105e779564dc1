import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import type { Json, JsonObject } from '../../src/call/json.ts'
import type { Loss } from '../../src/call/loss.ts'
import type { Dialect } from '../../src/dialects/dialect.ts'
import { dialects } from '../../src/dialects/index.ts'
import { isSluiceError } from '../../src/errors.ts'
import { calls, results } from './generated.ts'

const FIXTURES = join(import.meta.dirname, '../fixtures')
/** Forms that hold no conversation: calls without a hub of their own, and bare text. */
const OTHER_FORMS: ReadonlySet<string> = new Set(['openai-plain', 'openai-completions'])

/** No API has them: one that may come, one that an assignment loses, two that could pass for notes of a reader's. */
const NAMES = ['unheard', '__proto__', '$note', '.dotted'] as const
const VALUE = 'a telling value'

/** Objects whose members are the caller's or the model's, not the API's. */
const FREE =
  /(^|\.)(input_schema|parameters|parametersJsonSchema|response(Json)?Schema|json|schema|args|input|arguments|response|metadata|labels|logit_bias)(\.|$)/
/** Reports of usage and times, which have losses of their own; what repeats the request. */
const REPORT = /(^|\.)(usage|usageMetadata|metrics)(\.|$)|^(text|reasoning|incomplete_details)(\.|$)/

const all = Object.values(dialects).filter(({ name }) => !OTHER_FORMS.has(name))

for (const from of all) {
  suite(`a member that no API has, in what is read as ${from.name}`, () => {
    const requests = samplesOf(from, 'requests', fc.sample(calls, { seed: 5, numRuns: 5 }).map(from.writeRequest))
    const answers = samplesOf(from, 'responses', fc.sample(results, { seed: 5, numRuns: 5 }).map(from.writeResponse))
    for (const to of all) {
      test(`of a request to ${to.name}: it is carried, or lost by name`, () => {
        for (const sample of requests)
          eachSpoilt(
            sample,
            FREE,
            check(to, json => asked(from, to, json)),
          )
      })
      test(`of an answer to a client of ${to.name}: it is carried, or lost by name`, () => {
        for (const sample of answers) {
          eachSpoilt(sample, REPORT, (spoilt, path) => {
            if (!FREE.test(path)) check(to, json => to.writeResponse(from.readResponse(json)))(spoilt, path)
          })
        }
      })
    }

    function check(to: Dialect, write: (json: Json) => Written | undefined) {
      return (spoilt: Json, path: string): void => {
        const written = write(spoilt)
        if (written === undefined || JSON.stringify(written.body).includes(VALUE)) return
        assert.ok(to !== from, `${path} is gone, though the API is the same`)
        const { losses } = written
        assert.ok(
          losses.some(loss => names(loss, path)),
          `${path} is gone, and lost is only ${JSON.stringify(losses)}`,
        )
      }
    }
  })
}

interface Written {
  readonly body: JsonObject
  readonly losses: readonly Loss[]
}

/** Undefined for what could not be asked: a refusal is not silent. */
function asked(from: Dialect, to: Dialect, json: Json): Written | undefined {
  try {
    return to.writeRequest(from.readRequest({ json: json as JsonObject, path: { model: 'm', stream: false } }))
  } catch (error) {
    if (isSluiceError(error)) return undefined
    throw error
  }
}

/** The member itself, or something that held it. Losses of answers stand where the client's API would have them, not the vendor's. */
function names({ path, why }: Loss, member: string): boolean {
  const steps = member.split('.')
  const last = path.split('.').at(-1) ?? ''
  if (!/^\d+$/.test(last) && steps.includes(last)) return true
  return member.startsWith(`${path}.`) || /^only .* block$|holds no |one answer$/.test(why)
}

/** Hand-written ones, where there are any, and generated ones. */
function samplesOf(dialect: Dialect, kind: 'requests' | 'responses', generated: readonly Written[]): Json[] {
  const folder = join(FIXTURES, dialect.name, kind)
  const losing = join(FIXTURES, 'losses', `${dialect.name}-${kind === 'requests' ? 'requests' : 'answers'}.json`)
  const files = existsSync(folder) ? readdirSync(folder).map(name => join(folder, name)) : []
  return [
    ...generated.map(({ body }) => JSON.parse(JSON.stringify(body)) as Json),
    ...files.map(read),
    ...(existsSync(losing) ? (read(losing) as Json[]) : []),
  ]
}

function read(file: string): Json {
  return JSON.parse(readFileSync(file, 'utf8')) as Json
}

/** The sample once for each object in it and each name, which has been put there. */
function eachSpoilt(sample: Json, except: RegExp, use: (spoilt: Json, path: string) => void): void {
  for (const place of places(sample, [])) {
    for (const name of NAMES) {
      const path = [...place, name.replace('.', '')].join('.')
      if (!except.test(path)) use(put(sample, place, name), path)
    }
  }
}

function* places(value: Json, path: readonly string[]): Generator<readonly string[]> {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) yield path
  for (const [member, inner] of Object.entries(value)) yield* places(inner as Json, [...path, member])
}

/** A copy with the member at that place, made without an assignment. */
function put(value: Json, [step, ...rest]: readonly string[], name: string): Json {
  if (Array.isArray(value)) return value.map((inner, at) => (`${at}` === step ? put(inner, rest, name) : inner))
  const members = Object.entries(value as JsonObject) as [string, Json][]
  if (step === undefined) return Object.fromEntries([...members, [name, VALUE]])
  return Object.fromEntries(
    members.map(([member, inner]) => [member, member === step ? put(inner, rest, name) : inner]),
  )
}
