import { type TestContext, test } from 'node:test'
import { crc32 } from 'node:zlib'
import { EventStreamCodec } from '@smithy/eventstream-codec'
import { bedrock } from '../../src/dialects/bedrock/index.ts'
import { BrokenStream } from '../../src/dialects/framing.ts'
import { framingOf } from '../../src/relay/sse.ts'
import { binary } from './bedrock-wire.ts'

const EVENTS = binary({ messageStart: { role: 'assistant' } }, { contentBlockDelta: { delta: { text: '模型 🙂' } } })
const PLENTY = 16 * 1024 * 1024

/** The events of bytes that come in pieces of `size`. */
function split(bytes: Buffer, size = bytes.length, maxBytes = PLENTY) {
  const splitter = framingOf(bedrock).splitter(maxBytes)
  const frames = []
  for (let at = 0; at < bytes.length; at += size) frames.push(...splitter.push(bytes.subarray(at, at + size)))
  return [...frames, ...splitter.end()]
}

test('A1: an event may be cut at any byte; its own bytes are handed on with it', (t: TestContext) => {
  const whole = split(EVENTS)
  t.assert.deepEqual(
    whole.map(({ frame }) => frame?.event),
    ['messageStart', 'contentBlockDelta'],
  )
  t.assert.deepEqual(Buffer.concat(whole.map(({ bytes }) => bytes)), EVENTS)
  for (const size of [1, 2, 5, 13, 97]) t.assert.deepEqual(split(EVENTS, size), whole)
})

test('a damaged byte anywhere breaks the stream', (t: TestContext) => {
  for (let at = 0; at < EVENTS.length; at += 1) {
    const damaged = Buffer.from(EVENTS)
    damaged[at] = (damaged[at] as number) ^ 0x10
    t.assert.throws(() => split(damaged), BrokenStream, `byte ${at}`)
  }
})

test('a damaged length is seen at once, not when its bytes do not come', (t: TestContext) => {
  const damaged = Buffer.from(EVENTS)
  damaged.writeUInt32BE(1_000_000, 0)
  t.assert.throws(() => framingOf(bedrock).splitter(PLENTY).push(damaged.subarray(0, 12)), BrokenStream)
})

test('A25: an event that is too large, or smaller than its own frame, breaks the stream; one of 2 MB does not', (t: TestContext) => {
  t.assert.throws(() => split(EVENTS, 7, 60), BrokenStream)
  const prelude = Buffer.alloc(12)
  prelude.writeUInt32BE(8, 0)
  prelude.writeUInt32BE(crc32(prelude.subarray(0, 8)), 8)
  t.assert.throws(() => split(prelude), BrokenStream)
  const large = binary({ contentBlockDelta: { delta: { text: 'x'.repeat(2_000_000) } } })
  t.assert.equal(split(large, 1_400).length, 1)
})

test('A2: bytes that are no UTF-8 break the stream', (t: TestContext) => {
  const body = Buffer.from(binary({ messageStart: { role: 'A' } }))
  const payload = body.indexOf('"A"') + 1
  body[payload] = 0xff
  body.writeUInt32BE(crc32(body.subarray(0, -4)), body.length - 4)
  t.assert.throws(() => split(body), /not valid UTF-8/)
})

test('a stream that ends inside of an event is broken', (t: TestContext) => {
  t.assert.throws(() => split(EVENTS.subarray(0, -1)), /ended inside of an event/)
  t.assert.throws(() => split(EVENTS.subarray(0, 5)), /ended inside of an event/)
})

test('what is sent while a client waits is an event that no reader knows', (t: TestContext) => {
  const sign = framingOf(bedrock).waiting
  t.assert.deepEqual(
    split(Buffer.from(sign)).map(({ frame }) => frame),
    [{ event: 'ping', data: '{}' }],
  )
  t.assert.deepEqual(bedrock.eventReader().push({ event: 'ping', data: '{}' }), [])
})

test('an error that the service model does not name ends the stream with its words', (t: TestContext) => {
  const codec = new EventStreamCodec(
    bytes => Buffer.from(bytes).toString('utf8'),
    text => Buffer.from(text, 'utf8'),
  )
  const header = (value: string) => ({ type: 'string', value }) as const
  const headers = {
    ':message-type': header('error'),
    ':error-code': header('InternalFailure'),
    ':error-message': header('Something broke.'),
  }
  const [sent] = split(Buffer.from(codec.encode({ headers, body: Buffer.alloc(0) })))
  const reader = bedrock.eventReader()
  const [event] = sent?.frame === undefined ? [] : reader.push(sent.frame)
  t.assert.equal(event?.type === 'error' && event.fault.message, 'Something broke.')
})
