import { test } from 'node:test'
import fc from 'fast-check'
import { BrokenStream, encodeFrame, SseSplitter, type WireFrame } from '../../src/relay/sse.ts'

const PLENTY = 1024 * 1024

/** What comes of the bytes when the network cuts them into these chunks. */
function split(chunks: Iterable<Buffer>, maxBytes = PLENTY): WireFrame[] {
  const splitter = new SseSplitter(maxBytes)
  const frames: WireFrame[] = []
  for (const chunk of chunks) frames.push(...splitter.push(chunk))
  return [...frames, ...splitter.end()]
}

function framesOf(wire: readonly WireFrame[]) {
  return wire.flatMap(({ frame }) => (frame === undefined ? [] : [frame]))
}

function bytesOf(wire: readonly WireFrame[]): string {
  return Buffer.concat(wire.map(({ bytes }) => bytes)).toString('utf8')
}

function singleBytes(text: string): Buffer[] {
  return Array.from(Buffer.from(text), byte => Buffer.of(byte))
}

const SAMPLE = [
  ': ping',
  '',
  'event: a',
  'data: {"x":1}',
  '',
  'data:one',
  'data: two',
  'id: 7',
  '',
  'data',
  '',
  '',
].join('\n')
const EXPECTED = [{ event: 'a', data: '{"x":1}' }, { data: 'one\ntwo' }]

for (const [name, lineBreak] of [
  ['LF', '\n'],
  ['CRLF', '\r\n'],
  ['CR', '\r'],
] as const) {
  const text = SAMPLE.replaceAll('\n', lineBreak)

  test(`A1: ${name}: the same events wherever two cuts fall, and the bytes are untouched`, t => {
    const bytes = Buffer.from(text)
    for (let first = 0; first <= bytes.length; first += 1) {
      for (let second = first; second <= bytes.length; second += 1) {
        const wire = split([bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)])
        t.assert.deepEqual(framesOf(wire), EXPECTED, `cut at ${first} and ${second}`)
        t.assert.equal(bytesOf(wire), text)
      }
    }
  })

  test(`A1: ${name}: one byte a chunk`, t => {
    t.assert.deepEqual(framesOf(split(singleBytes(text))), EXPECTED)
  })
}

test('A1: an event is given as soon as its blank line is there, not with the next one', t => {
  const splitter = new SseSplitter(PLENTY)
  t.assert.equal(splitter.push(Buffer.from('data: 1\n')).length, 0)
  t.assert.deepEqual(framesOf(splitter.push(Buffer.from('\ndata: 2'))), [{ data: '1' }])
  t.assert.deepEqual(framesOf(splitter.push(Buffer.from('\r\n\r\n'))), [{ data: '2' }])
})

test('A1: any events, any line breaks, any cuts', () => {
  const line = fc.string({ unit: 'binary' }).map(text => text.replace(/[\r\n\0]/g, ' '))
  const event = fc.record({
    event: fc.option(line, { nil: undefined }),
    data: fc.array(line, { minLength: 1, maxLength: 3 }),
  })
  const lineBreaks = fc.constantFrom('\n', '\r\n', '\r')
  fc.assert(
    fc.property(fc.array(event, { maxLength: 4 }), lineBreaks, fc.array(fc.nat(400)), (events, lineBreak, cuts) => {
      const text = events
        .map(({ event: name, data }) =>
          [...(name === undefined ? [] : [`event: ${name}`]), ...data.map(value => `data: ${value}`), '', ''].join(
            lineBreak,
          ),
        )
        .join('')
      const bytes = Buffer.from(text)
      const edges = [0, ...cuts.filter(cut => cut < bytes.length).sort((a, b) => a - b), bytes.length]
      const wire = split(edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge)))
      const expected = events.map(({ event: name, data }) => ({ event: name, data: data.join('\n') }))
      return (
        bytesOf(wire) === bytes.toString('utf8') &&
        JSON.stringify(framesOf(wire).map(({ event: name, data }) => ({ event: name, data }))) ===
          JSON.stringify(expected)
      )
    }),
    { numRuns: 500 },
  )
})

test('A2: characters of two to four bytes survive one byte a chunk', t => {
  const data = '{"t":"日本語 한국어 ñ 👩‍👩‍👧‍👦 𝔘","arguments":"{\\"市\\":\\"東京🗼\\"}"}'
  t.assert.deepEqual(framesOf(split(singleBytes(`data: ${data}\n\n`))), [{ data }])
})

test('A2: bytes that are no UTF-8 break the stream', t => {
  for (const bad of [[0xff], [0xc3, 0x28], [0xe2, 0x82], [0xed, 0xa0, 0x80], [0xf0, 0x9f, 0x98]]) {
    const bytes = Buffer.concat([Buffer.from('data: '), Buffer.from(bad), Buffer.from('\n\n')])
    t.assert.throws(() => split([bytes]), BrokenStream)
  }
})

test('a byte order mark before the first event is passed on, and no part of it', t => {
  const wire = split(singleBytes('\ufeffdata: a\n\ndata: \ufeffb\n\n'))
  t.assert.deepEqual(framesOf(wire), [{ data: 'a' }, { data: '\ufeffb' }])
  t.assert.equal(bytesOf(wire), '\ufeffdata: a\n\ndata: \ufeffb\n\n')
})

test('A24: a last event without its blank line is given one', t => {
  for (const tail of ['', '\n', '\r\n', '\r']) {
    const wire = split([Buffer.from(`data: 1\n\ndata: [DONE]${tail}`)])
    t.assert.deepEqual(framesOf(wire), [{ data: '1' }, { data: '[DONE]' }])
    t.assert.match(bytesOf(wire), /\[DONE\](\r\n|\n|\r)(\r\n|\n|\r)+$/)
  }
})

test('A25: an event up to the cap is passed, one over it breaks the stream before it is there whole', t => {
  const event = Buffer.from(`data: ${'x'.repeat(100)}\n\n`)
  t.assert.equal(split([event.subarray(0, 60), event.subarray(60)], event.length).length, 1)
  t.assert.throws(() => split([event.subarray(0, 60), event.subarray(60)], 50), BrokenStream)
})

test('A25: a large event in many chunks costs one pass', t => {
  const event = Buffer.from(`data: ${'x'.repeat(2 * 1024 * 1024)}\n\n`)
  const chunks: Buffer[] = []
  for (let at = 0; at < event.length; at += 16 * 1024) chunks.push(event.subarray(at, at + 16 * 1024))
  const wire = split(chunks, 16 * 1024 * 1024)
  t.assert.equal(wire[0]?.bytes.length, event.length)
})

test('comments and events without data carry no frame, and are kept', t => {
  const text = ': keep-alive\n\nevent: ping\n\nretry: 3\n\n\n'
  const wire = split([Buffer.from(text)])
  t.assert.deepEqual(framesOf(wire), [])
  t.assert.equal(bytesOf(wire), text)
})

test('exactly one space after the colon is taken off', t => {
  t.assert.deepEqual(framesOf(split([Buffer.from('event:  e\ndata:  two\n\n')])), [{ event: ' e', data: ' two' }])
})

test('what encodeFrame writes is read back', t => {
  for (const frame of [{ data: '{"a":"ü"}' }, { event: 'message_stop', data: '{}' }]) {
    t.assert.deepEqual(framesOf(split([Buffer.from(encodeFrame(frame))])), [frame])
  }
})
