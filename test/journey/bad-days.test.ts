import { test } from 'node:test'
import { setTimeout as after, setImmediate as turn } from 'node:timers/promises'
import { type Handler, reset, stream, whole } from '../upstream.ts'
import { Client } from './client.ts'
import { chatStream, completion } from './frames.ts'
import { asked, attemptsOf, breakerOf, CHAT, setUp } from './setup.ts'

const ANSWERS = whole(completion('answered'))
const STREAM = asked({ stream: true })
/** Each call on a connection of its own. */
const CLOSING = { headers: { connection: 'close' } }
const NEVER = new Promise(() => {})

test('a vendor that answers 200 and stalls is failed over from, and soon left alone', async t => {
  const { gateway, upstreams } = await setUp(t, [stream([NEVER]), stream(chatStream('second'))], {
    provider: [{ timeouts: { firstByte: '25ms' }, breaker: { minimumCalls: 5 } }],
  })
  for (let turn = 0; turn < 8; turn += 1) {
    t.assert.match(await new Client(gateway.url + CHAT, STREAM).whole(), /second/)
  }
  t.assert.deepEqual(
    upstreams.map(({ requests }) => requests.length),
    [5, 8],
  )
  t.assert.equal(await attemptsOf(gateway, 'a', 'timeout'), 5)
  t.assert.equal(await breakerOf(gateway, 'a'), 2)
})

test('C25: while all connections to a vendor are in use the next one is asked at once', async t => {
  const { gateway } = await setUp(t, [stream([...chatStream('first').slice(0, 2), NEVER]), ANSWERS], {
    provider: { connections: 1 },
  })
  const holder = new Client(gateway.url + CHAT, STREAM)
  await holder.until('first')
  const { headers } = await gateway.post(CHAT, asked())
  t.assert.deepEqual([headers.get('x-sluice-target'), headers.get('x-sluice-failed')], ['b/m', null])
  holder.leave()
})

test('C25: where there is none, waiting in vain for a connection is no failure of the vendor', async t => {
  const { gateway } = await setUp(t, [stream([...chatStream('first').slice(0, 2), NEVER])], {
    provider: { connections: 1, timeouts: { firstByte: '25ms' }, breaker: { minimumCalls: 1 } },
  })
  // Only the one that waits is to run out of time.
  t.mock.timers.enable({ apis: ['setInterval'] })
  t.after(() => t.mock.timers.tick(5_000))
  const holder = new Client(gateway.url + CHAT, STREAM)
  await holder.until('first')
  let isOver = false
  const refusal = gateway.post(CHAT, STREAM).finally(() => {
    isOver = true
  })
  while (!isOver) {
    t.mock.timers.tick(25)
    await turn()
  }
  const refused = await refusal
  t.assert.equal(refused.status, 504)
  t.assert.match(await refused.text(), /no connection to the provider became free/)
  t.assert.equal(await breakerOf(gateway, 'a'), 0)
  holder.leave()
})

/** Resets every second request, whatever connection it comes on. */
function resetEverySecond(handler: Handler): Handler {
  let count = 0
  return (seen, response) => {
    count += 1
    return (count % 2 === 0 ? reset() : handler)(seen, response)
  }
}

test('a vendor that resets every second connection costs no client an answer, and is left alone', async t => {
  const { gateway, upstreams } = await setUp(t, [resetEverySecond(whole(completion('x'), CLOSING)), ANSWERS])
  for (let turn = 0; turn < 40; turn += 1) t.assert.equal((await gateway.post(CHAT, asked())).status, 200)
  t.assert.equal(await breakerOf(gateway, 'a'), 2, 'half of the calls is the error rate')
  const [a = 0, b = 0] = upstreams.map(({ requests }) => requests.length)
  t.assert.deepEqual([a, b], [10, 35])
})

test('where there is nobody else its clients get every second answer, and the truth about the others', async t => {
  const { gateway } = await setUp(t, [resetEverySecond(whole(completion('x'), CLOSING))], {
    provider: { breaker: { minimumCalls: 1_000 } },
  })
  const statuses: number[] = []
  for (let turn = 0; turn < 10; turn += 1) statuses.push((await gateway.post(CHAT, asked())).status)
  t.assert.deepEqual(statuses, Array(5).fill([200, 502]).flat())
})

test('a vendor that has become slow is left alone, though all that it says is right', async t => {
  const slow: Handler = async (seen, response) => {
    await after(20)
    return stream(chatStream('late'))(seen, response)
  }
  const { gateway } = await setUp(t, [slow, stream(chatStream('soon'))], {
    provider: { breaker: { minimumCalls: 5, slowerThan: '5ms' } },
  })
  for (let turn = 0; turn < 5; turn += 1) {
    t.assert.match(await new Client(gateway.url + CHAT, STREAM).whole(), /late/)
  }
  await gateway.logged(({ state }) => state === 'open')
  t.assert.match(await new Client(gateway.url + CHAT, STREAM).whole(), /soon/)
})

test('a head without content behind it is as slow as its content', async t => {
  const slow: Handler = (seen, response) => stream([after(20), ...chatStream('late')])(seen, response)
  const { gateway } = await setUp(t, [slow], { provider: { breaker: { minimumCalls: 2, slowerThan: '10ms' } } })
  for (let turn = 0; turn < 2; turn += 1) await new Client(gateway.url + CHAT, STREAM).whole()
  await gateway.logged(({ state }) => state === 'open')
})

test('how slow a vendor is does not matter unless the config says so', async t => {
  const { gateway } = await setUp(t, [stream([after(20), ...chatStream('late')])], {
    provider: { breaker: { minimumCalls: 1 } },
  })
  await new Client(gateway.url + CHAT, STREAM).whole()
  t.assert.equal(await breakerOf(gateway, 'a'), 0)
})
