import assert from 'node:assert/strict'
import type { JsonObject } from '../../src/call/json.ts'
import { askedBy } from './asked.ts'
import { completionOf, errorAmong, saidByCompletion } from './chat-oracle.ts'
import { helperReading, isForHelper } from './clients.ts'
import { checkBroken, checkRefusal, isKeyRefusal } from './error-checks.ts'
import type { Exchange } from './exchange.ts'
import { providerOf } from './gateway.ts'
import { answerLosses, requestLosses } from './losses.ts'
import { messageOf, saidByMessage } from './messages-oracle.ts'
import { eventsOf, type Recording } from './recordings.ts'
import { asChat, asMessage, type Said, text, type Wire, wire } from './said.ts'

/** Everything that an exchange promises, both ways. */
export async function checkExchange(exchange: Exchange): Promise<void> {
  const { recording, heard, line, lane } = exchange
  checkSeen(exchange)
  assert.equal(line.lane, isKeyRefusal(recording) ? undefined : lane)
  if (recording.status !== 200) {
    checkRefusal(exchange)
    return
  }
  checkLosses(exchange)
  const broken = recording.stream ? errorAmong(eventsOf(recording.body).map(wire)) : undefined
  if (broken !== undefined) {
    checkBroken(text(broken.message), exchange)
    return
  }
  assert.equal(heard.error, undefined)
  const vendor = recorded(recording)
  checkMetered(vendor, exchange)
  const expected = asHeard(vendor, exchange)
  assert.deepEqual(heard.said, expected)
  checkBytes(exchange)
  await checkHelper(exchange, expected)
}

/** What the vendor said. */
function recorded({ dialect, stream, body }: Recording): Said {
  const events = stream ? eventsOf(body).map(wire) : []
  if (dialect === 'anthropic') return saidByMessage(stream ? messageOf(events) : wire(JSON.parse(body)))
  return saidByCompletion(stream ? completionOf(events) : wire(JSON.parse(body)))
}

/** What the client should make of it. */
function asHeard(vendor: Said, exchange: Exchange): Said {
  if (exchange.lane === 'translate') return exchange.client === 'openai-chat' ? asChat(vendor) : asMessage(vendor)
  return isUsageOurs(exchange) ? { ...vendor, usage: undefined } : vendor
}

/** Vendors that report the usage of a stream only when asked, and how the gateway asks on its own account. */
const ASKED_FOR_USAGE: ReadonlySet<string> = new Set(['openai', 'groq', 'deepseek'])
const ASK_FOR_USAGE = '"stream_options":{"include_usage":true},'

/** True where the client did not ask for usage: what the vendor then reports is cut from what the client reads. */
function isUsageOurs({ recording, heard }: Exchange): boolean {
  return recording.stream && ASKED_FOR_USAGE.has(recording.vendor) && !heard.sent.includes('"include_usage":true')
}

/** On the pass lane the vendor sees the client's bytes but for `model` (and the wish for usage); else the same request in its own words. */
function checkSeen(exchange: Exchange): void {
  const { recording, lane, client, heard, seen } = exchange
  assert.ok(seen, 'the vendor was asked')
  const sent = heard.sent.replace(`"model":"${providerOf(recording, lane)}/`, '"model":"')
  const body = seen.body.toString('utf8')
  if (lane === 'translate') {
    assert.deepEqual(askedBy(recording.dialect, wire(JSON.parse(body))), askedBy(client, wire(JSON.parse(sent))))
  } else if (isUsageOurs(exchange)) {
    assert.ok(body.includes(ASK_FOR_USAGE))
    assert.equal(body.replace(ASK_FOR_USAGE, ''), sent)
  } else {
    assert.equal(body, sent)
  }
}

/** On the pass lane the client reads the vendor's bytes, but for a report of usage that it did not ask for. */
function checkBytes(exchange: Exchange): void {
  if (exchange.lane === 'translate') return
  const { body } = exchange.recording
  const { received } = exchange.heard
  if (!isUsageOurs(exchange) || !body.includes('"usage":{')) {
    assert.equal(received, body)
    return
  }
  const chunks = eventsOf(body).map(wire)
  const expected = chunks.filter(chunk => !isReport(chunk)).map(({ usage, ...chunk }) => chunk)
  assert.deepEqual(eventsOf(received).map(wire), expected)
}

function isReport({ usage, choices }: Wire): boolean {
  return typeof usage === 'object' && usage !== null && Array.isArray(choices) && choices.length === 0
}

/** What is metered is what the vendor reported; of a stream without a report, an estimate that says so. */
function checkMetered({ usage }: Said, { line, recording }: Exchange): void {
  if (usage === undefined && recording.stream) {
    assert.equal(line.estimated, true)
    return
  }
  assert.deepEqual([line.inputTokens, line.outputTokens], [usage?.input, usage?.output])
  assert.equal(line.estimated, undefined)
}

/** Every loss is counted in the log and, as far as it is known then, named in the header. */
function checkLosses({ recording, lane, client, heard, line }: Exchange): void {
  const { dialect, body, stream } = recording
  if (lane === 'pass') {
    assert.equal(line.losses, undefined)
    return
  }
  const before = requestLosses(client, dialect, JSON.parse(heard.sent) as JsonObject)
  const all = [...before, ...answerLosses(dialect, client, body, stream)]
  assert.equal(line.losses ?? 0, all.length)
  const named = new Set((stream ? before : all).map(({ path }) => path))
  assert.equal(heard.headers.get('x-sluice-losses') ?? '', [...named].slice(0, 20).join(', '))
}

/** The client's own stream helper agrees. It replaces reasoning where it should grow, so it is asked for everything else. */
async function checkHelper({ client, recording, heard, asked }: Exchange, expected: Said): Promise<void> {
  if (client !== 'openai-chat' || !recording.stream || !isForHelper(heard.received)) return
  const visible = ({ answers, ...rest }: Said): unknown => ({
    ...rest,
    answers: answers.map(({ thought, proofs, ...answer }) => answer),
  })
  assert.deepEqual(visible(await helperReading(heard.received, asked)), visible(expected))
}
