import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { Broadcast, type Reader, type Subscription } from '../../src/cache/broadcast.ts'

const LIMIT = 20

/** A client whose connection takes so many chunks before it is full. */
class Client implements Reader {
  text = ''
  readonly subscription: Subscription
  /** What it was told, in order, after its last chunk. */
  readonly said: ('end' | 'cut')[] = []
  left = false
  #room: number

  constructor(broadcast: Broadcast, room: number) {
    this.#room = room
    this.subscription = broadcast.join()
    this.subscription.attach(this)
  }

  write(chunk: Buffer): void {
    if (this.left || this.said.length > 0) throw new Error('nothing may follow')
    this.text += chunk.toString()
    this.#room -= 1
    if (this.#room <= 0) this.subscription.pause()
  }

  drain(room: number): void {
    this.#room = room
    if (room > 0) this.subscription.resume()
  }

  leave(): void {
    this.left = true
    this.subscription.leave()
  }

  end(): void {
    this.said.push('end')
  }

  cut(): void {
    this.said.push('cut')
  }
}

class Source {
  paused = false
  pause(): void {
    this.paused = true
  }
  resume(): void {
    this.paused = false
  }
}

type Step = { write: string } | { join: number } | { drain: number; room: number } | { leave: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ write: fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme-ascii' }) }) },
  { weight: 2, arbitrary: fc.record({ join: fc.nat(6) }) },
  { weight: 3, arbitrary: fc.record({ drain: fc.nat(5), room: fc.nat(6) }) },
  { weight: 1, arbitrary: fc.record({ leave: fc.nat(5) }) },
)

// The first of this file: the one interval of all deadlines must begin under the mocked clock.
test('a reader that takes nothing once the stream has ended is not waited for without end', (t: TestContext) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const broadcast = new Broadcast(LIMIT, () => true)
  const client = new Client(broadcast, 1)
  broadcast.write('one')
  broadcast.write('two')
  broadcast.end()
  t.mock.timers.tick(59_000)
  t.assert.deepEqual(client.said, [])
  t.mock.timers.tick(2_000)
  t.assert.deepEqual(client.said, ['cut'])
  client.drain(1)
  t.assert.equal(client.text, 'one')
})

test('F12: every reader gets exactly the whole stream, or is cut off once; what is kept has a bound', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), steps => {
      const source = new Source()
      const broadcast = new Broadcast(LIMIT, () => true)
      broadcast.from(source)
      const clients: Client[] = []
      let sent = ''
      for (const todo of steps) {
        if ('write' in todo && !source.paused && (broadcast.whole || !broadcast.empty)) {
          sent += todo.write
          broadcast.write(todo.write)
        } else if ('join' in todo && broadcast.whole) clients.push(new Client(broadcast, todo.join))
        else if ('drain' in todo) clients[todo.drain]?.drain(todo.room)
        else if ('leave' in todo) clients[todo.leave]?.leave()
        if (broadcast.keptBytes > LIMIT + 8) throw new Error(`${broadcast.keptBytes} bytes are kept`)
        const there = clients.filter(({ left, said }) => !left && said.length === 0)
        if (source.paused !== (there.length > 0 && there.every(({ subscription }) => subscription.waiting)))
          throw new Error('the source waits when all wait, and for nobody alone')
      }
      broadcast.end()
      for (const client of clients) client.drain(1_000)
      for (const { text, said, left } of clients) {
        if (left || said[0] === 'cut') {
          if (!sent.startsWith(text)) throw new Error('not the beginning of the stream')
        } else if (text !== sent || said[0] !== 'end') throw new Error(`${said}: ${text} is not ${sent}`)
        if (said.length > 1) throw new Error(`ended twice: ${said}`)
      }
    }),
    { numRuns: 2_000 },
  )
})

test('a stream is kept whole up to its bound, and not at all beyond', (t: TestContext) => {
  const broadcast = new Broadcast(LIMIT, () => true)
  const client = new Client(broadcast, 100)
  broadcast.write('x'.repeat(LIMIT))
  t.assert.equal(broadcast.body()?.toString(), 'x'.repeat(LIMIT))
  broadcast.write('y')
  t.assert.equal(broadcast.body(), undefined)
  t.assert.equal(broadcast.keptBytes, 0, 'everybody has read it')
  t.assert.equal(client.text.length, LIMIT + 1)
})

test('A20: one slow reader alone holds its source back and is never cut off', (t: TestContext) => {
  const source = new Source()
  const broadcast = new Broadcast(LIMIT, () => true)
  broadcast.from(source)
  const client = new Client(broadcast, 1)
  for (let count = 0; count < 10; count += 1) {
    broadcast.write('x'.repeat(LIMIT))
    t.assert.equal(source.paused, true)
    client.drain(1)
    t.assert.equal(source.paused, false)
  }
  t.assert.deepEqual(client.said, [])
})

test('a stream that nobody reads goes on while its owner says so, and until it is too long to be joined', (t: TestContext) => {
  const asked: boolean[] = []
  const broadcast = new Broadcast(LIMIT, () => {
    asked.push(broadcast.whole)
    return true
  })
  new Client(broadcast, 10).leave()
  broadcast.write('x'.repeat(LIMIT))
  broadcast.write('x')
  t.assert.deepEqual(asked, [true, false])
})
