import { test } from 'node:test'
import { type ByteSink, ByteStream } from '../../src/upstream/byte-stream.ts'
import type { FailedOutcome } from '../../src/upstream/failure.ts'

const FAILURE: FailedOutcome = { type: 'failed', kind: 'network', reason: 'gone' }

/** Notes what is asked of the wire, and whether it flows. */
class Wire {
  readonly calls: string[] = []
  flowing = true
  pause(): void {
    this.flowing = false
    this.calls.push('pause')
  }
  resume(): void {
    this.flowing = true
    this.calls.push('resume')
  }
  abort(): void {
    this.calls.push('abort')
  }
}

class Sink implements ByteSink {
  readonly heard: string[] = []
  readonly #onData: () => void
  constructor(onData: () => void = () => {}) {
    this.#onData = onData
  }
  data(chunk: Buffer): void {
    this.heard.push(chunk.toString())
    this.#onData()
  }
  end(): void {
    this.heard.push('END')
  }
  fail({ kind }: FailedOutcome): void {
    this.heard.push(`FAIL ${kind}`)
  }
}

function setUp() {
  const wire = new Wire()
  return { wire, stream: new ByteStream(wire) }
}

test('bytes wait for a sink, in order, and the end waits behind them', t => {
  const { stream } = setUp()
  stream.data(Buffer.from('a'))
  stream.data(Buffer.from('b'))
  stream.end()
  const sink = new Sink()
  stream.attach(sink)
  t.assert.deepEqual(sink.heard, ['a', 'b', 'END'])
})

test('a failure waits, too, and nothing follows it', t => {
  const { stream } = setUp()
  stream.data(Buffer.from('a'))
  stream.fail(FAILURE)
  stream.data(Buffer.from('late'))
  stream.end()
  const sink = new Sink()
  stream.attach(sink)
  t.assert.deepEqual(sink.heard, ['a', 'FAIL network'])
})

test('the wire stops when too much waits, and goes on with the next sink', t => {
  const { stream, wire } = setUp()
  stream.data(Buffer.alloc(64 * 1024))
  t.assert.equal(wire.flowing, true)
  stream.data(Buffer.alloc(1))
  t.assert.equal(wire.flowing, false)
  stream.attach(new Sink())
  t.assert.equal(wire.flowing, true)
})

test('what was taken no longer counts as waiting, also when the sink leaves at the last piece', t => {
  const { stream, wire } = setUp()
  stream.data(Buffer.alloc(60 * 1024))
  stream.attach(new Sink(() => stream.detach()))
  stream.data(Buffer.alloc(60 * 1024))
  t.assert.equal(wire.flowing, true)
})

test('a sink that hands over in the middle leaves the rest to the other', t => {
  const { stream } = setUp()
  for (const text of ['a', 'b', 'c']) stream.data(Buffer.from(text))
  const second = new Sink()
  const first = new Sink(() => stream.detach())
  stream.attach(first)
  stream.attach(second)
  stream.end()
  t.assert.deepEqual([first.heard, second.heard], [['a'], ['b', 'c', 'END']])
})

test('A20: a sink that cannot take more while it is given what waited keeps the wire paused', t => {
  const { stream, wire } = setUp()
  stream.data(Buffer.from('a'))
  stream.attach(new Sink(() => stream.pause()))
  t.assert.equal(wire.flowing, false)
  stream.resume()
  t.assert.equal(wire.flowing, true)
})

test('A20: a pause from before the sink was attached holds', t => {
  const { stream, wire } = setUp()
  stream.pause()
  stream.attach(new Sink())
  t.assert.equal(wire.flowing, false)
})

test('an aborted stream is silent, and aborts the wire once', t => {
  const { stream, wire } = setUp()
  const sink = new Sink()
  stream.attach(sink)
  stream.abort()
  stream.abort()
  stream.data(Buffer.from('late'))
  stream.fail(FAILURE)
  t.assert.deepEqual(sink.heard, [])
  t.assert.deepEqual(
    wire.calls.filter(call => call === 'abort'),
    ['abort'],
  )
})

test('a stream that is over is not aborted on the wire', t => {
  const { stream, wire } = setUp()
  stream.attach(new Sink())
  stream.end()
  stream.abort()
  t.assert.equal(wire.calls.includes('abort'), false)
})
