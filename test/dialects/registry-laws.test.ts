import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import type { Call } from '../../src/call/call.ts'
import type { Event } from '../../src/call/event.ts'
import type { Json, JsonObject } from '../../src/call/json.ts'
import { replay } from '../../src/call/replay.ts'
import type { Result } from '../../src/call/result.ts'
import type { Dialect, Frame } from '../../src/dialects/dialect.ts'
import { dialects } from '../../src/dialects/index.ts'
import { calls, results } from './generated.ts'
import { bytesOf, checkEvents, checkNothingVanished, checkUsage, collect, deepFreeze, readStream } from './laws.ts'

/** Every run tries the same cases. */
const FIXED = { seed: 20261125, numRuns: 100 }

const CLIENT: Call = { operation: 'chat', dialect: 'none', model: 'm', stream: true, turns: [], includeUsage: true }

/** Forms that hold no conversation: calls without a hub of their own, and bare text. */
const OTHER_FORMS: ReadonlySet<string> = new Set(['openai-plain', 'openai-completions'])

const all = Object.values(dialects).filter(({ name }) => !OTHER_FORMS.has(name))

for (const dialect of all) {
  suite(`the laws of ${dialect.name}`, () => {
    test('a request is written as it was read, and nothing of it is lost', () => {
      check(calls, call => {
        const json = wireRequest(dialect, call)
        const again = readRequest(dialect, json)
        const { body, losses } = dialect.writeRequest(deepFreeze(again))
        assert.deepEqual(plain(body), json)
        assert.deepEqual(losses, [])
      })
    })

    test('an answer is written as it was read, and its usage adds up', () => {
      check(results, result => {
        const json = wireResponse(dialect, result)
        const again = dialect.readResponse(deepFreeze(json))
        checkUsage(again.usage)
        assert.equal(again.usage?.input, result.usage?.input)
        assert.equal(again.usage?.output, result.usage?.output)
        const { body, losses } = dialect.writeResponse(deepFreeze(again))
        assert.deepEqual(plain(body), json)
        assert.deepEqual(losses, [])
      })
    })

    test('any split of the bytes of a stream gives the same events, well-formed', () => {
      check(fc.tuple(results, fc.integer({ min: 1, max: 400 })), ([result, size]) => {
        const bytes = bytesOf(dialect, write(dialect, replay(result)))
        const events = readStream(dialect, bytes)
        checkEvents(events)
        assert.deepEqual(readStream(dialect, bytes, size), events)
      })
    })

    test('a stream collects to what the answer says without a stream', () => {
      check(results, result => {
        const streamed = collect(readStream(dialect, bytesOf(dialect, write(dialect, replay(result)))))
        assert.deepEqual(said(streamed), said(dialect.readResponse(wireResponse(dialect, result))))
      })
    })

    test('blocks that grow in turns are written as a stream that says the same', () => {
      check(results, result => {
        const frames = write(dialect, interleaved(replay(result)))
        const events = readStream(dialect, bytesOf(dialect, frames))
        checkEvents(events)
        assert.deepEqual(said(collect(events)), said(dialect.readResponse(wireResponse(dialect, result))))
      })
    })

    test('no sequence of frames makes the reader throw, or say a word behind the end', () => {
      check(
        fc.tuple(results, fc.array(fc.nat({ max: 40 })), fc.array(fc.tuple(fc.nat(), fc.jsonValue({ maxDepth: 1 })))),
        ([result, order, spoilt]) => {
          const frames = write(dialect, replay(result))
          const shuffled = order.map(at => frames[at % frames.length]).filter(frame => frame !== undefined)
          const reader = dialect.eventReader()
          const events = spoil(shuffled, spoilt).flatMap(frame => reader.push(frame))
          checkEvents([...events, ...reader.end()])
        },
      )
    })
  })

  for (const target of all) {
    if (target === dialect) continue
    test(`a member of a request that disappears between ${dialect.name} and ${target.name} is a loss`, () => {
      check(calls, call => {
        const json = wireRequest(dialect, call)
        const { body, losses } = target.writeRequest(deepFreeze(readRequest(dialect, json)))
        checkNothingVanished(json as Json, JSON.parse(JSON.stringify(body)), losses, FORM)
      })
    })

    test(`an answer of ${dialect.name} says the same in ${target.name}, whole and streamed`, () => {
      check(results, result => {
        const vendor = dialect.readResponse(wireResponse(dialect, result))
        const whole = target.readResponse(wireResponse(target, vendor))
        assert.deepEqual(said(whole), said(vendor))
        const events = readStream(dialect, bytesOf(dialect, write(dialect, replay(result))))
        assert.deepEqual(said(collect(readStream(target, bytesOf(target, write(target, events))))), said(vendor))
      })
    })
  }
}

/** Words of form: every dialect has its own. */
const FORM = /^model$|(^|\.)(type|role|media_type|mimeType|format|mode|detail)$/

function check<T>(inputs: fc.Arbitrary<T>, law: (input: T) => void): void {
  fc.assert(
    fc.property(inputs, input => law(deepFreeze(structuredClone(input)))),
    FIXED,
  )
}

function plain(body: JsonObject): JsonObject {
  return JSON.parse(JSON.stringify(body)) as JsonObject
}

function wireRequest(dialect: Dialect, call: Call): JsonObject {
  return deepFreeze(plain(dialect.writeRequest(call).body))
}

/** The model stands in the path of some dialects; the route hands it on. */
function readRequest(dialect: Dialect, json: JsonObject): Call {
  return dialect.readRequest({ json, path: { model: 'some-model', stream: false } })
}

function wireResponse(dialect: Dialect, result: Result): Json {
  return JSON.parse(JSON.stringify(dialect.writeResponse(result).body)) as Json
}

function write(dialect: Dialect, events: readonly Event[]): Frame[] {
  const writer = dialect.eventWriter(CLIENT)
  return [...events.flatMap(event => writer.push(deepFreeze(event))), ...writer.end()]
}

/** The same events, all blocks open at once, as Chat Completions streams its tool calls. */
function interleaved(events: readonly Event[]): Event[] {
  const of = (...types: readonly Event['type'][]): Event[] => events.filter(({ type }) => types.includes(type))
  return [...of('start'), ...of('block-open'), ...of('delta'), ...of('block-close'), ...of('finish'), ...of('end')]
}

/** Puts values where none belong: at a member of the frame's JSON, counted through. */
function spoil(frames: readonly Frame[], spoilt: readonly (readonly [number, unknown])[]): Frame[] {
  return frames.map((frame, at) => {
    const [place, value] = spoilt[at] ?? []
    if (place === undefined || !frame.data.startsWith('{')) return frame
    const json = JSON.parse(frame.data) as Record<string, unknown>
    const members = Object.keys(json)
    return { ...frame, data: JSON.stringify({ ...json, [members[place % members.length] ?? 'x']: value }) }
  })
}

/** What is said: text, reasoning and calls of each output; their order among each other is not kept by every dialect. */
function said(result: Result): unknown {
  return result.outputs.map(({ blocks, finish }) => [
    blocks.map(block => (block.type === 'text' ? block.text : '')).join(''),
    blocks.map(block => (block.type === 'reasoning' ? block.text : '')).join(''),
    blocks.flatMap(block => (block.type === 'tool-call' ? [[block.id, block.name, JSON.parse(block.arguments)]] : [])),
    finish.reason === 'refusal' ? 'content-filter' : finish.reason,
  ])
}
