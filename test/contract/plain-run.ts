import assert from 'node:assert/strict'
import { type Heard, listen } from './clients.ts'
import type { Part, Stage } from './gateway.ts'
import { PLAIN_CLIENTS, type PlainClient } from './plain-clients.ts'
import { type Measured, measuredOf } from './plain-oracle.ts'
import type { PlainApi, PlainRecording } from './plain-recordings.ts'
import { text, wire } from './said.ts'

/** One recording for one of the clients that it can answer. */
interface PlainPair {
  readonly recording: PlainRecording
  readonly client: PlainClient
}

export function plainPairs(recordings: readonly PlainRecording[]): PlainPair[] {
  return PLAIN_CLIENTS.flatMap(client => recordings.filter(client.suits).map(recording => ({ recording, client })))
}

/** A provider of its own for each: an error of one must not cool down another. */
export function plainPart(pair: PlainPair): Part {
  const { vendor, api, answer } = pair.recording
  return {
    provider: providerOf(pair),
    settings: address => ({ type: vendor, apiKey: 'the-gateways-own', baseUrl: address + BELOW[api] }),
    answer,
  }
}

/** What base URLs hold of the vendor's paths. */
const BELOW: Readonly<Record<PlainApi, string>> = {
  embeddings: '/v1',
  batchEmbedContents: '/v1beta',
  invoke: '',
  count_tokens: '/v1',
}

function providerOf({ recording, client }: PlainPair): string {
  return `${recording.id}.plain-${PLAIN_CLIENTS.indexOf(client)}`
}

/** Asks for the recording with the client and checks all that is promised of the answer. */
export async function performPlain(stage: Stage, pair: PlainPair): Promise<void> {
  const { recording, client } = pair
  const provider = providerOf(pair)
  const model = `${provider}/${recording.model}`
  const heard = await listen(tap => client.ask({ url: stage.url, model, recording }, tap))
  const id = heard.headers.get('x-request-id')
  assert.ok(id, `the gateway was asked: ${heard.error?.message}`)
  const line = await stage.lineOf(id)
  const seen = stage.seenBy(provider)
  assert.ok(seen, 'the vendor was asked')
  assert.equal(decodeURIComponent(seen.url), `/${provider}${recording.path}`)
  assert.deepEqual(JSON.parse(seen.body.toString('utf8')), client.sent(recording))
  assert.equal(heard.headers.get('x-sluice-target'), model)
  if (recording.api === client.api) assert.ok(heard.received.equals(recording.bytes), 'the same bytes')
  if (recording.status === 200) checkAnswer(pair, heard)
  else checkRefusal(pair, heard)
  if (client.api !== 'count_tokens') checkLine(pair, line)
}

function checkAnswer({ recording, client }: PlainPair, { error, said, headers }: Heard<Measured>): void {
  assert.equal(error, undefined)
  assert.deepEqual(said, client.read(recording))
  assert.equal(headers.get('x-sluice-estimated'), null)
}

/** An error answer is an error of the client, with the vendor's status and words. */
function checkRefusal({ recording }: PlainPair, { error }: Heard<Measured>): void {
  const { message } = wire(wire(JSON.parse(recording.bytes.toString('utf8'))).error)
  assert.equal(error?.status, recording.status)
  assert.ok(error.message.includes(text(message)), error.message)
}

/** A count is no call and is not metered; of embeddings the vendor's own count is. */
function checkLine({ recording, client }: PlainPair, line: Readonly<Record<string, unknown>>): void {
  assert.equal(line.lane, recording.api === client.api ? 'pass' : 'translate')
  assert.equal(line.inputTokens, measuredOf(recording).tokens)
  assert.equal(line.losses, undefined)
}
