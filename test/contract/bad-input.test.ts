import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type { Call } from '../../src/call/call.ts'
import { replay } from '../../src/call/replay.ts'
import type { Frame } from '../../src/dialects/dialect.ts'
import { dialectNamed } from '../../src/dialects/index.ts'
import { framingOf } from '../../src/relay/sse.ts'
import { CUT, type Piece, stream } from '../upstream.ts'
import { ask } from './clients.ts'
import { partsFor, type Stage, startStage } from './gateway.ts'
import { DIALECTS, type DialectName, type Recording } from './recordings.ts'
import { questionIn } from './requests.ts'

/** A type of provider for each dialect. */
const VENDORS: Readonly<Record<DialectName, string>> = {
  'openai-chat': 'mistral',
  'openai-responses': 'openai',
  anthropic: 'anthropic',
  gemini: 'gemini',
  bedrock: 'bedrock',
}

/** Each with a client of another dialect: a dialect's errors are its own, so one client proves them. */
const CLIENTS: Readonly<Record<DialectName, DialectName>> = {
  'openai-chat': 'gemini',
  'openai-responses': 'anthropic',
  anthropic: 'bedrock',
  gemini: 'openai-chat',
  bedrock: 'openai-responses',
}

const CALL: Call = { operation: 'chat', dialect: '', model: 'm', stream: true, turns: [], includeUsage: true }
const WORDS = ['Some words ', 'that come ', 'before it.']
const LONG = 'x'.repeat(2 * 1024 * 1024)

/** What a vendor may send in the place of the rest of its stream; `whole` says that the client still gets its answer. */
const TROUBLES: Readonly<Record<string, (parts: Parts) => readonly Piece[]>> = {
  'a malformed event': ({ opening, encode }) => [opening, encode([{ event: 'contentBlockDelta', data: '{"delta":' }])],
  'bytes that are no UTF-8, or a wrong checksum': ({ opening, rest }) => [opening, spoilt(rest)],
  'an error in the stream': ({ opening, error }) => [opening, error],
  'an end in the middle': ({ opening }) => [opening],
  'a lost connection': ({ opening }) => [opening, CUT],
}

interface Parts {
  readonly opening: Buffer
  readonly rest: Buffer
  readonly error: Buffer
  encode(frames: readonly Frame[]): Buffer
}

function partsOf(dialect: DialectName, words: readonly string[] = WORDS): Parts {
  const spoken = dialectNamed(dialect)
  const encode = (frames: readonly Frame[]): Buffer => Buffer.from(framingOf(spoken).encode(frames))
  const writer = spoken.eventWriter(CALL)
  const events = replay({
    id: 'answer-1',
    model: 'm',
    outputs: [{ blocks: [{ type: 'text', text: words.join('') }], finish: { reason: 'stop' } }],
    usage: { input: 9, output: 9 },
  })
  const at = events.findIndex(({ type }) => type === 'delta')
  const deltas = words.map(text => ({ type: 'delta' as const, output: 0, block: 0, text }))
  const opening = [...events.slice(0, at), ...deltas].flatMap(event => writer.push(event))
  const rest = [...events.slice(at + 1).flatMap(event => writer.push(event)), ...writer.end()]
  const error = spoken.writeErrorFrames({ kind: 'overloaded', status: 503, message: 'Too much to do.' })
  return { opening: encode(opening), rest: encode(rest), error: encode(error), encode }
}

/** A byte in the middle of it that is valid nowhere. */
function spoilt(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes)
  copy[Math.floor(copy.length / 4)] = 0xff
  return copy
}

function recordingOf(dialect: DialectName, trouble: string, pieces: readonly Piece[]): Recording {
  const type = dialect === 'bedrock' ? 'application/vnd.amazon.eventstream' : 'text/event-stream'
  return {
    id: `${dialect}-${trouble.replaceAll(/[^a-z]/g, '-').slice(0, 30)}`,
    vendor: VENDORS[dialect],
    dialect,
    model: 'm',
    stream: true,
    features: [],
    request: undefined,
    status: 200,
    bytes: Buffer.alloc(0),
    body: '',
    answer: () => stream(pieces, { headers: { 'content-type': type } }),
  }
}

suite('what is wrong with a stream of any dialect is a defined error for a client of another', () => {
  const cases = DIALECTS.flatMap(dialect =>
    Object.entries(TROUBLES).map(([trouble, pieces]) => ({
      trouble,
      recording: recordingOf(dialect, trouble, pieces(partsOf(dialect))),
    })),
  )
  const long = DIALECTS.map(dialect => {
    const { opening, rest } = partsOf(dialect, [LONG])
    return recordingOf(dialect, 'long', [opening, rest])
  })
  let stage: Stage

  before(async () => {
    stage = await startStage(partsFor([...cases.map(({ recording }) => recording), ...long]))
  })
  after(() => stage.close())

  for (const { trouble, recording } of cases) {
    const client = CLIENTS[recording.dialect]
    test(`${trouble} from ${recording.dialect}, to a client of ${client}`, { timeout: 60_000 }, async () => {
      const heard = await ask(client, questionIn(client, recording, stage.url))
      assert.ok(heard.error, 'an error of the client, and no short answer')
      assert.ok(heard.received.includes('Some words '), 'what came before it was passed on')
      const line = await stage.lineOf(heard.headers.get('x-request-id') ?? '')
      assert.ok(line.failure, 'told to the breaker, and logged')
      assert.ok(Number(line.outputTokens) > 0, 'what was said is counted')
    })
  }

  for (const recording of long) {
    const client = CLIENTS[recording.dialect]
    test(`an event of 2 MB from ${recording.dialect}, to a client of ${client}`, { timeout: 60_000 }, async () => {
      const heard = await ask(client, questionIn(client, recording, stage.url))
      assert.equal(heard.error, undefined)
      assert.equal(heard.said?.answers[0]?.text.length, LONG.length)
    })
  }
})
