import { type TestContext, test } from 'node:test'
import { stopClock } from '../callers/clock.ts'
import { completion } from '../journey/frames.ts'
import { asked, CHAT, MESSAGES, setUp } from '../journey/setup.ts'
import { whole } from '../upstream.ts'

const KEY = 'key-of-the-caller-1'
const KEYS = [{ name: 'caller', key: KEY }]
/** What one address may get wrong at once: the bucket of plugins/auth.ts. */
const FAILURES = 60

function get(url: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, { headers })
}

test('D7: an address that keeps guessing keys is refused before any look-up, while a known key behind it passes', async (t: TestContext) => {
  const clock = stopClock(t)
  const { gateway } = await setUp(t, [whole(completion())], { config: { keys: KEYS } })
  for (let guess = 0; guess < FAILURES; guess++) {
    const response = await get(`${gateway.url}/v1/models`, { 'x-api-key': `guess-${guess}` })
    t.assert.equal(response.status, 401, `guess ${guess}`)
  }
  const limited = await get(`${gateway.url}/v1/models`, { 'x-api-key': 'guess-again' })
  t.assert.equal(limited.status, 429)
  t.assert.equal(limited.headers.get('retry-after'), '1')
  t.assert.equal(((await limited.json()) as { error: { code: string } }).error.code, 'SLUICE_AUTH_TOO_MANY_FAILURES')
  t.assert.equal((await get(`${gateway.url}/v1/models`)).status, 429, 'no key at all')
  t.assert.equal((await get(`${gateway.url}/nope`)).status, 429, 'no route')
  const anthropic = await gateway.post(MESSAGES, '{}')
  t.assert.equal(anthropic.status, 429)
  t.assert.equal(((await anthropic.json()) as { error: { type: string } }).error.type, 'rate_limit_error')

  t.assert.equal((await get(`${gateway.url}/v1/models`, { 'x-api-key': KEY })).status, 200)
  t.assert.equal((await gateway.post(CHAT, asked(), { authorization: `Bearer ${KEY}` })).status, 200)

  clock.pass(1_000)
  t.assert.equal((await get(`${gateway.url}/v1/models`)).status, 401, 'after retry-after')
  t.assert.equal((await get(`${gateway.url}/v1/models`)).status, 429)
})

test('D7: keys that are disabled or expired draw on the address as well', async (t: TestContext) => {
  stopClock(t)
  const dead = [
    { name: 'disabled', key: 'key-that-is-disabled', disabled: true },
    { name: 'expired', key: 'key-that-has-expired', expires: '2020-01-01T00:00:00Z' },
  ]
  const { gateway } = await setUp(t, [whole(completion())], { config: { keys: [...KEYS, ...dead] } })
  const statusOf = async (key: string) => (await get(`${gateway.url}/v1/models`, { 'x-api-key': key })).status
  for (let call = 0; call < FAILURES; call++) t.assert.equal(await statusOf(dead[call % 2]?.key as string), 401)
  for (const { key } of dead) t.assert.equal(await statusOf(key), 429)
  t.assert.equal(await statusOf(KEY), 200)
})

test('D7: paths that lead nowhere draw on the address too, also with a known key', async (t: TestContext) => {
  stopClock(t)
  const { gateway } = await setUp(t, [whole(completion())], { config: { keys: KEYS } })
  const headers = { 'x-api-key': KEY }
  for (let guess = 0; guess < FAILURES; guess++) {
    t.assert.equal((await get(`${gateway.url}/nope/${guess}`, headers)).status, 404)
  }
  t.assert.equal((await get(`${gateway.url}/nope`, headers)).status, 429)
  t.assert.equal((await get(`${gateway.url}/v1/models`, headers)).status, 200)
})

/** The status of a guess after the address has used up what it may get wrong, each guess under a forwarded address of its own. */
async function guessOn(
  t: TestContext,
  trustedProxies: readonly string[],
  forwarded: (guess: number) => string,
): Promise<number> {
  stopClock(t)
  const { gateway } = await setUp(t, [whole(completion())], { config: { keys: KEYS, listen: { trustedProxies } } })
  let status = 0
  for (let guess = 0; guess <= FAILURES; guess++) {
    const headers = {
      'x-forwarded-for': forwarded(guess),
      'x-real-ip': forwarded(guess),
      forwarded: `for=${forwarded(guess)}`,
    }
    status = (await get(`${gateway.url}/v1/models`, headers)).status
  }
  return status
}

test('E15: x-forwarded-for from nobody that is trusted changes no bucket', async (t: TestContext) => {
  t.assert.equal(await guessOn(t, [], guess => `10.0.0.${guess}`), 429)
  t.assert.equal(await guessOn(t, ['192.0.2.0/24'], guess => `10.0.0.${guess}`), 429)
})

test('E15: behind a trusted proxy each client has a bucket of its own, by the address that the proxy added', async (t: TestContext) => {
  t.assert.equal(await guessOn(t, ['loopback'], guess => `10.0.0.${guess}`), 401)
  t.assert.equal(await guessOn(t, ['127.0.0.0/8'], () => '10.0.0.1'), 429)
  // What stands before it in the header is the client's own claim.
  t.assert.equal(await guessOn(t, ['loopback'], guess => `10.0.0.${guess}, 203.0.113.7`), 429)
})

test('E15: the addresses of one IPv6 network share a bucket: a client has as many as it likes', async (t: TestContext) => {
  t.assert.equal(await guessOn(t, ['loopback'], guess => `2001:db8:1:2::${guess.toString(16)}`), 429)
  t.assert.equal(await guessOn(t, ['loopback'], guess => `2001:db8:1:${guess.toString(16)}::1`), 401)
})
