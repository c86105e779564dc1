import { type TestContext, test } from 'node:test'
import OpenAI, { toFile } from 'openai'
import { Client } from '../journey/client.ts'
import { attemptsOf, setUp } from '../journey/setup.ts'
import { CUT, stream, whole } from '../upstream.ts'

const SPEECH = '/v1/audio/speech'
const TRANSCRIPTION = '/v1/audio/transcriptions'
/** Every byte there is, and what a careless reader of forms would take for a boundary. */
const SOUND = Buffer.concat([Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)), Buffer.from('\r\n--x\r\n')])
const MP3 = { headers: { 'content-type': 'audio/mpeg' } }
const SPOKEN = { model: 'chat', voice: 'alloy', input: 'Hello' } as const

function sdk(url: string): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 })
}

test('speech: the bytes of the sound arrive as they are, under the type that the vendor gave them', async (t: TestContext) => {
  const { gateway } = await setUp(t, [stream([SOUND, SOUND], MP3)])
  const response = await sdk(gateway.url).audio.speech.create(SPOKEN)
  t.assert.deepEqual(Buffer.from(await response.arrayBuffer()), Buffer.concat([SOUND, SOUND]))
  t.assert.equal(response.headers.get('content-type'), 'audio/mpeg')
  t.assert.equal(response.headers.get('x-sluice-target'), 'a/m')
  t.assert.equal((await gateway.ended(1)).failure, undefined)
})

test('speech: a piece is with the client before the next one has left the vendor', async (t: TestContext) => {
  const rest = Promise.withResolvers<void>()
  const { gateway } = await setUp(t, [stream(['first', rest.promise, 'second'], MP3)])
  const client = new Client(gateway.url + SPEECH, SPOKEN)
  t.assert.equal((await client.head()).status, 200)
  await client.until('first')
  rest.resolve()
  t.assert.equal(await client.over(), 'ended')
  t.assert.equal(client.text, 'firstsecond')
})

test('speech: a sound that breaks off is cut for the client too, and the target hears of it', async (t: TestContext) => {
  const { gateway } = await setUp(t, [stream([SOUND, CUT], MP3)])
  const client = new Client(gateway.url + SPEECH, SPOKEN)
  await client.head()
  t.assert.equal(await client.over(), 'cut')
  const { failure, status } = await gateway.ended(1)
  t.assert.deepEqual([failure, status], ['network', 200], 'the vendor broke it off, not the client')
  t.assert.equal(await attemptsOf(gateway, 'a', 'network'), 1)
})

test('A3: a client that leaves in the middle of a sound ends the upstream call', async (t: TestContext) => {
  const { gateway, upstream } = await setUp(t, [stream([SOUND, new Promise(() => {})], MP3)])
  const client = new Client(gateway.url + SPEECH, SPOKEN)
  await client.head()
  client.leave()
  t.assert.equal(await (await upstream.request(0)).over, 'cut')
  t.assert.equal((await gateway.ended(1)).status, 499)
})

test('speech: an error, and a page in the place of a sound, go on to the next target', async (t: TestContext) => {
  const page = whole('<html>Sign in</html>', { headers: { 'content-type': 'text/html' } })
  const down = whole({ error: { message: 'down' } }, { status: 500 })
  const { gateway } = await setUp(t, [page, down, whole(SOUND, MP3)])
  const response = await sdk(gateway.url).audio.speech.create(SPOKEN)
  t.assert.deepEqual(Buffer.from(await response.arrayBuffer()), SOUND)
  t.assert.equal(response.headers.get('x-sluice-target'), 'c/m')
})

test('speech: events are passed on as events where the client asked for them so', async (t: TestContext) => {
  const events = [
    'data: {"type":"speech.audio.delta","audio":"AAAA"}\n\n',
    'data: {"type":"speech.audio.done","usage":{"input_tokens":3,"output_tokens":9,"total_tokens":12}}\n\n',
  ]
  const { gateway } = await setUp(t, [stream(events)])
  const response = await gateway.post(SPEECH, { ...SPOKEN, stream_format: 'sse' })
  t.assert.equal(await response.text(), events.join(''))
  const { inputTokens, outputTokens, failure } = await gateway.ended(1)
  t.assert.deepEqual([inputTokens, outputTokens, failure], [3, 9, undefined])
})

test('transcription: the form goes to the vendor byte by byte, but for the model', async (t: TestContext) => {
  const answer = { text: 'Hello', usage: { type: 'tokens', input_tokens: 14, output_tokens: 2, total_tokens: 16 } }
  const { gateway, upstream } = await setUp(t, [whole(answer)])
  const { text } = await sdk(gateway.url).audio.transcriptions.create({
    model: 'chat',
    file: await toFile(SOUND, 'hello.wav', { type: 'audio/wav' }),
    language: 'en',
  })
  t.assert.equal(text, 'Hello')
  const seen = await upstream.request(0)
  const form = await new Response(new Uint8Array(seen.body), {
    headers: { 'content-type': String(seen.headers['content-type']) },
  }).formData()
  t.assert.equal(form.get('model'), 'm')
  t.assert.equal(form.get('language'), 'en')
  const file = form.get('file') as File
  t.assert.deepEqual([file.name, file.type], ['hello.wav', 'audio/wav'])
  t.assert.deepEqual(Buffer.from(await file.arrayBuffer()), SOUND)
  const { inputTokens, outputTokens, lane } = await gateway.ended(1)
  t.assert.deepEqual([inputTokens, outputTokens, lane], [14, 2, 'pass'])
})

test('transcription: subtitles arrive as they are, and a stream as a stream', async (t: TestContext) => {
  const vtt = 'WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n'
  const events = [
    'event: transcript.text.delta\ndata: {"type":"transcript.text.delta","delta":"Hel"}\n\n',
    'data: {"type":"transcript.text.done","text":"Hello","usage":{"input_tokens":5,"output_tokens":1}}\n\n',
  ]
  const { gateway, upstream } = await setUp(t, [
    [whole(vtt, { headers: { 'content-type': 'text/vtt; charset=utf-8' } }), stream(events)],
  ])
  const file = await toFile(SOUND, 'hello.wav')
  const subtitles = await sdk(gateway.url)
    .audio.transcriptions.create({ model: 'chat', file, response_format: 'vtt' })
    .asResponse()
  t.assert.equal(subtitles.headers.get('content-type'), 'text/vtt; charset=utf-8')
  t.assert.equal(await subtitles.text(), vtt)
  const streamed = await sdk(gateway.url).audio.transcriptions.create({ model: 'chat', file, stream: true })
  const types = []
  for await (const event of streamed) types.push(event.type)
  t.assert.deepEqual(types, ['transcript.text.delta', 'transcript.text.done'])
  t.assert.equal((await upstream.request(1)).headers.accept, 'text/event-stream')
  t.assert.equal((await gateway.ended(2)).inputTokens, 5)
})

test('a form beyond the body limit is refused as any body is', async (t: TestContext) => {
  const { gateway, upstream } = await setUp(t, [whole({ text: '' })], { config: { listen: { bodyLimit: '1KiB' } } })
  const file = await toFile(Buffer.alloc(4096), 'long.wav')
  const asked = sdk(gateway.url).audio.transcriptions.create({ model: 'chat', file })
  await t.assert.rejects(asked, { status: 413, code: 'SLUICE_REQUEST_TOO_LARGE' })
  t.assert.equal(upstream.requests.length, 0)
})

test('a form without a readable model is refused in the shape of the API', async (t: TestContext) => {
  const { gateway, upstream } = await setUp(t, [whole({ text: '' })])
  const body = '--b\r\ncontent-disposition: form-data; name="model"\r\n\r\nchat\r\n'
  for (const [form, param] of [
    [`${body}${body}--b--\r\n`, 'model'],
    ['--b\r\ncontent-disposition: form-data; name="file"\r\n\r\nx\r\n--b--\r\n', 'model'],
    [body, null],
  ] as const) {
    const response = await gateway.post(TRANSCRIPTION, form, { 'content-type': 'multipart/form-data; boundary=b' })
    t.assert.equal(response.status, 400)
    const { error } = (await response.json()) as { error: { code: string; param: string | null } }
    t.assert.deepEqual([error.code, error.param], ['SLUICE_REQUEST_INVALID', param])
  }
  t.assert.equal(upstream.requests.length, 0)
})

test('D1: of a form only the words count as a prompt, not the bytes of its file', async (t: TestContext) => {
  const { gateway } = await setUp(t, [whole({ text: 'Hello' })], {
    config: { keys: [{ name: 'caller', key: 'key-of-the-caller-1', limits: { tokensPerMinute: 100 } }] },
  })
  const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'key-of-the-caller-1', maxRetries: 0 })
  const file = await toFile(Buffer.alloc(100_000), 'long.wav')
  t.assert.equal((await client.audio.transcriptions.create({ model: 'chat', file })).text, 'Hello')
})
