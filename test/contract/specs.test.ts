import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import type { JsonObject } from '../../src/call/json.ts'
import { dialectNamed } from '../../src/dialects/index.ts'
import { isSluiceError } from '../../src/errors.ts'
import { readStream } from '../dialects/laws.ts'
import { CLIENT } from './losses.ts'
import { readPlainRecordings } from './plain-recordings.ts'
import { holdPlainToSpecs } from './plain-specs.ts'
import { DIALECTS, type DialectName, type Recording, readRecordings } from './recordings.ts'
import { readCall } from './requests.ts'
import { type Kind, Specs } from './specs.ts'

const recordings = process.env.RECORDINGS
/** Beside the recordings, or beside what holds them. */
const PLACES = ['../specs', '../../specs'].map(place => join(recordings ?? '', place))
const folder = process.env.SPECS ?? PLACES.find(place => existsSync(place))
const PROMISE = "what the gateway writes is valid by the vendors' own specs"

if (recordings === undefined) test(PROMISE, { skip: 'RECORDINGS is not set' })
else if (folder === undefined || !existsSync(folder)) test(PROMISE, { skip: 'SPECS names no folder' })
else {
  suite(PROMISE, () => {
    const specs = new Specs(folder)
    holdToSpecs(readRecordings(recordings), specs)
    holdPlainToSpecs(readPlainRecordings(recordings), specs)
  })
}

/** Each recorded request as it is written to every other vendor, each recorded answer as every other client is sent it. */
function holdToSpecs(all: readonly Recording[], specs: Specs): void {
  for (const target of DIALECTS) {
    const foreign = all.filter(({ dialect }) => dialect !== target)
    test(`${target}: requests`, () => {
      const faults = foreign
        .filter(isGood)
        .flatMap(recording => faultsOf(specs, target, 'request', writtenRequest(recording, target), recording))
      assert.deepEqual(summed(faults), [])
    })
    test(`${target}: whole answers`, () => {
      const whole = foreign.filter(({ status, stream }) => status === 200 && !stream)
      const faults = whole.flatMap(recording =>
        faultsOf(specs, target, 'response', [writtenAnswer(recording, target)], recording),
      )
      assert.deepEqual(summed(faults), [])
    })
    test(`${target}: events of streams`, () => {
      const streamed = foreign.filter(({ status, stream }) => status === 200 && stream)
      const faults = streamed.flatMap(recording =>
        faultsOf(specs, target, 'event', writtenEvents(recording, target), recording),
      )
      assert.deepEqual(summed(faults), [])
    })
  }
}

/** Whether the vendor took the request; one that was filtered has nothing but blanks in its place. */
function isGood({ id, status }: Recording): boolean {
  return status === 200 && !id.startsWith('bedrock-converse-stream-guardrail')
}

function writtenRequest({ dialect, request, model, stream }: Recording, target: DialectName): JsonObject[] {
  if (request === undefined) return []
  try {
    return [plain(dialectNamed(target).writeRequest(readCall(dialect, request, model, stream)).body)]
  } catch (error) {
    if (isSluiceError(error)) return []
    throw error
  }
}

function writtenAnswer({ dialect, body }: Recording, target: DialectName): JsonObject {
  return plain(dialectNamed(target).writeResponse(dialectNamed(dialect).readResponse(JSON.parse(body))).body)
}

function writtenEvents({ dialect, bytes }: Recording, target: DialectName): JsonObject[] {
  const writer = dialectNamed(target).eventWriter(CLIENT)
  const events = readStream(dialectNamed(dialect), bytes).filter(({ type }) => type !== 'error')
  const frames = [...events.flatMap(event => writer.push(event)), ...writer.end()]
  const told = frames.filter(({ data }) => data !== '[DONE]')
  // A type that Bedrock has in a header of the message names the member of the union that the spec describes.
  if (target === 'bedrock') return told.map(({ event, data }) => ({ [event ?? '']: JSON.parse(data) }))
  return told.map(({ data }) => JSON.parse(data) as JsonObject)
}

function plain(body: JsonObject): JsonObject {
  return JSON.parse(JSON.stringify(body)) as JsonObject
}

function faultsOf(
  specs: Specs,
  dialect: DialectName,
  kind: Kind,
  messages: readonly JsonObject[],
  { id }: Recording,
): { readonly what: string; readonly id: string }[] {
  return messages.flatMap(message =>
    specs.errors(dialect, kind, message).map(({ instancePath, message: why, params, schemaPath }) => {
      const place = instancePath.replace(/\/\d+(?=\/|$)/g, '/*')
      return { what: `${place} ${why} ${JSON.stringify(params)} ${schemaPath}`, id }
    }),
  )
}

/** Each fault once, with the first recording that has it. */
function summed(faults: readonly { readonly what: string; readonly id: string }[]): string[] {
  const first = new Map<string, string>()
  for (const { what, id } of faults) if (!first.has(what)) first.set(what, id)
  return Array.from(first, ([what, id]) => `${what} (${id})`)
}
