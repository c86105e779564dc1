import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Extra } from '../../src/call/block.ts'
import { Collector } from '../../src/call/collect.ts'
import type { Event } from '../../src/call/event.ts'
import type { Json, JsonObject } from '../../src/call/json.ts'
import type { Loss } from '../../src/call/loss.ts'
import type { Result, Usage } from '../../src/call/result.ts'
import type { Dialect, Frame } from '../../src/dialects/dialect.ts'
import { framingOf } from '../../src/relay/sse.ts'

/** What the laws are tried on: wire JSON and wire bytes of one dialect, each with a name for the test's title. */
export interface Samples {
  readonly requests?: readonly { readonly name: string; readonly json: JsonObject }[]
  readonly responses?: readonly { readonly name: string; readonly json: Json }[]
  /** `response`: the answer that the vendor gives without a stream, to be equal to the collected one. */
  readonly streams?: readonly { readonly name: string; readonly body: string | Buffer; readonly response?: Json }[]
}

/** Registers a test for each law of dialects and each sample. */
export function testLaws(dialect: Dialect, samples: Samples): void {
  for (const { name, json } of samples.requests ?? []) {
    test(`${dialect.name} request ${name}: write(read(x)) is x, without losses`, () => checkRequest(dialect, json))
  }
  for (const { name, json } of samples.responses ?? []) {
    test(`${dialect.name} response ${name}: write(read(x)) is x, usage adds up`, () => checkResponse(dialect, json))
  }
  for (const { name, body, response } of samples.streams ?? []) {
    test(`${dialect.name} stream ${name}: any split gives the same well-formed events`, () =>
      checkSplits(dialect, body))
    if (response === undefined) continue
    test(`${dialect.name} stream ${name}: collects to the answer without a stream`, () =>
      checkCollected(dialect, body, response))
  }
}

/** write(read(json)) deep-equals json, twice the same bytes, nothing lost; the input is frozen. */
export function checkRequest(dialect: Dialect, json: JsonObject): void {
  const call = dialect.readRequest({ json: deepFreeze(structuredClone(json)) })
  deepFreeze(call)
  const first = dialect.writeRequest(call)
  assert.deepEqual(first.body, json)
  assert.deepEqual(first.losses, [])
  assert.equal(JSON.stringify(dialect.writeRequest(call).body), JSON.stringify(first.body))
}

/** As checkRequest, for an answer. */
export function checkResponse(dialect: Dialect, json: Json): void {
  const result = dialect.readResponse(deepFreeze(structuredClone(json)))
  deepFreeze(result)
  checkUsage(result.usage)
  const first = dialect.writeResponse(result)
  assert.deepEqual(first.body, json)
  assert.deepEqual(first.losses, [])
  assert.equal(JSON.stringify(dialect.writeResponse(result).body), JSON.stringify(first.body))
}

/** The whole body in one piece, byte by byte, and in pieces of odd sizes: always the same, well-formed events. */
export function checkSplits(dialect: Dialect, body: string | Buffer): void {
  const whole = readStream(dialect, body)
  checkEvents(whole)
  for (const size of [1, 3, 61, 1021]) assert.deepEqual(readStream(dialect, body, size), whole)
}

/** The collected stream is what readResponse gives for the same answer, notes on form and empty members aside. */
export function checkCollected(dialect: Dialect, body: string | Buffer, response: Json): void {
  const collected = collect(readStream(dialect, body))
  assert.deepEqual(comparable(collected), comparable(dialect.readResponse(response)))
}

/** The events of a body that arrives in chunks of `size` bytes; the whole at once without it. */
export function readStream(dialect: Dialect, body: string | Buffer, size?: number): Event[] {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  const splitter = framingOf(dialect).splitter(16 * 1024 * 1024)
  const reader = dialect.eventReader()
  const events: Event[] = []
  const step = size ?? Math.max(1, bytes.length)
  const read = (frame: Frame | undefined): void => {
    if (frame !== undefined) events.push(...reader.push(Object.freeze(frame)))
  }
  for (let at = 0; at < bytes.length; at += step) {
    for (const { frame } of splitter.push(bytes.subarray(at, at + step))) read(frame)
  }
  for (const { frame } of splitter.end()) read(frame)
  events.push(...reader.end())
  return deepFreeze(events)
}

/** Frames as they are on the wire. */
export function bytesOf(dialect: Dialect, frames: readonly Frame[]): Buffer {
  return Buffer.from(framingOf(dialect).encode(frames))
}

/** The answer that the events give. */
export function collect(events: readonly Event[]): Result {
  const collector = new Collector()
  for (const event of events) collector.push(event)
  return collector.result()
}

/** The grammar of event.ts: one start, blocks opened once and closed before their finish, one end or error, last. */
export function checkEvents(events: readonly Event[]): void {
  const open = new Set<string>()
  const seen = new Set<string>()
  const finished = new Set<number>()
  let started = false
  let over = false
  for (const event of events) {
    assert.equal(over, false, `${event.type} follows the end`)
    assert.ok(started || event.type === 'start' || event.type === 'error' || event.type === 'ping', 'start comes first')
    switch (event.type) {
      case 'start':
        assert.equal(started, false, 'one start')
        started = true
        break
      case 'block-open':
        assert.ok(!seen.has(place(event)), `block ${place(event)} opens once`)
        assert.ok(!finished.has(event.output), `output ${event.output} has finished`)
        seen.add(place(event))
        open.add(place(event))
        break
      case 'delta':
        assert.ok(open.has(place(event)), `delta of block ${place(event)}, which is not open`)
        break
      case 'block-close':
        assert.ok(open.delete(place(event)), `block ${place(event)} closes once`)
        break
      case 'finish':
        assert.ok(!finished.has(event.output), `output ${event.output} finishes once`)
        for (const block of open) assert.ok(!block.startsWith(`${event.output}.`), `${block} is still open`)
        finished.add(event.output)
        break
      case 'usage':
        checkUsage(event.usage)
        break
      case 'end':
        assert.equal(open.size, 0, 'all blocks are closed')
        checkUsage(event.usage)
        over = true
        break
      case 'error':
        over = true
    }
  }
  assert.ok(over, 'a stream ends with end or error')
}

function place(event: { output: number; block: number }): string {
  return `${event.output}.${event.block}`
}

/** input = uncached + cacheRead + cacheWrite, reasoning is part of output, nothing is negative or broken. */
export function checkUsage(usage: Usage | undefined): void {
  if (usage === undefined) return
  const { input, output, cacheRead = 0, cacheWrite = 0, reasoning = 0 } = usage
  for (const count of [input, output, cacheRead, cacheWrite, reasoning]) {
    assert.ok(Number.isInteger(count) && count >= 0, `${count} is a number of tokens`)
  }
  assert.ok(cacheRead + cacheWrite <= input, 'cached tokens are part of the input')
  assert.ok(reasoning <= output, 'reasoning is part of the output')
}

/**
 * A member that disappears appears in losses: every telling value of `source` (strings of four characters or more, numbers
 * over nine) is somewhere in `body`, or a loss names it or something that holds it. `except` are paths known to be form only.
 */
export function checkNothingVanished(source: Json, body: Json, losses: readonly Loss[], except: RegExp = /^$/): void {
  const said = [...leaves(body, '')].map(([, value]) => String(value)).join('\n')
  for (const [path, value] of leaves(source, '')) {
    if (!telling(value) || except.test(path) || said.includes(content(value))) continue
    const told = losses.some(loss => path === loss.path || path.startsWith(`${loss.path}.`) || names(loss.path, path))
    assert.ok(told, `${path} (${JSON.stringify(value)}) vanished without a loss`)
  }
}

/** A setting without a path of its own is named as the writer would name it: `top_p` for `generationConfig.topP`. */
function names(setting: string, path: string): boolean {
  const bare = (name: string): string => name.replaceAll('_', '').toLowerCase()
  return !setting.includes('.') && path.split('.').some(member => bare(member).startsWith(bare(setting)))
}

function telling(value: Json): boolean {
  return (typeof value === 'string' && value.length >= 4) || (typeof value === 'number' && value > 9)
}

/** The data of a data URL: other dialects keep its media type elsewhere. */
function content(value: Json): string {
  const text = String(value)
  const marker = text.startsWith('data:') ? text.indexOf(';base64,') : -1
  return marker < 0 ? text : text.slice(marker + ';base64,'.length)
}

/** The values inside, also those inside JSON text: tool arguments are text in one dialect and objects in another. */
function* leaves(value: Json, path: string): Generator<[string, Json]> {
  const inner = typeof value === 'string' && value.startsWith('{') ? parsed(value) : value
  if (typeof inner !== 'object' || inner === null) yield [path, inner]
  else {
    for (const [key, member] of Object.entries(inner)) yield* leaves(member, path === '' ? key : `${path}.${key}`)
  }
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    return text
  }
}

/** Freezes a value and everything in it; returns it. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const inner of Object.values(value)) deepFreeze(inner)
  }
  return value
}

/** A result without notes on form (`$...`), without nulls and empty lists in `extra`, without empty text blocks. */
function comparable(result: Result): Json {
  const json = JSON.parse(JSON.stringify(result), (key, value) => (key === 'extra' ? tidyExtra(value) : value)) as {
    outputs: { blocks: { type: string; text?: string }[] }[]
  }
  for (const output of json.outputs) {
    output.blocks = output.blocks.filter(block => block.type !== 'text' || block.text !== '')
  }
  return json as Json
}

function tidyExtra(extra: Extra): Extra | undefined {
  const tidy: Record<string, Record<string, Json>> = {}
  for (const [dialect, members] of Object.entries(extra)) {
    const telling = Object.entries(members).filter(
      ([key, value]) => !key.startsWith('$') && value !== null && !(Array.isArray(value) && value.length === 0),
    )
    if (telling.length > 0) tidy[dialect] = Object.fromEntries(telling)
  }
  return Object.keys(tidy).length === 0 ? undefined : tidy
}
