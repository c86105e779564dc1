import assert from 'node:assert/strict'
import type { JsonObject } from '../../src/call/json.ts'
import type { SeenRequest } from '../upstream.ts'
import { askedBy } from './asked.ts'
import { completionOf, errorAmong, saidByCompletion } from './chat-oracle.ts'
import { type Heard, helperReading, isForHelper } from './clients.ts'
import { type Lane, providerOf } from './gateway.ts'
import { answerLosses, requestLosses } from './losses.ts'
import { messageOf, saidByMessage } from './messages-oracle.ts'
import { type DialectName, eventsOf, type Recording } from './recordings.ts'
import { asChat, asMessage, type Said, text, type Wire, wire } from './said.ts'

/** One recording, asked for by one client through the gateway: everything that could be observed of it. */
export interface Exchange {
  readonly recording: Recording
  readonly lane: Lane
  readonly client: DialectName
  readonly asked: JsonObject
  readonly heard: Heard
  readonly seen: SeenRequest | undefined
  /** The gateway's log line. */
  readonly line: Readonly<Record<string, unknown>>
}

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
  checkMetered(vendor, line)
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

/** What is metered is what the vendor reported. */
function checkMetered({ usage }: Said, line: Exchange['line']): void {
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

const REFUSED_KEY = "The provider refused the gateway's own key; the operator must mend it."

/** The vendor refuses the gateway's key: not the caller's fault, and none of its business. */
function isKeyRefusal({ status }: Recording): boolean {
  return status === 401 || status === 403
}

/** The error classes of the official clients, by status; `InternalServerError` for the rest from 500. */
const CLASSES: Readonly<Record<DialectName, Readonly<Record<number, string>>>> = {
  'openai-chat': { 400: 'BadRequestError', 404: 'NotFoundError', 429: 'RateLimitError' },
  anthropic: {
    400: 'BadRequestError',
    404: 'NotFoundError',
    429: 'RateLimitError',
    503: 'ServiceUnavailableError',
    529: 'OverloadedError',
  },
}

function checkRefusal({ recording, client, lane, heard }: Exchange): void {
  const { error, received } = heard
  const ours = isKeyRefusal(recording)
  const told = ours ? REFUSED_KEY : text(wire(wire(JSON.parse(recording.body)).error).message)
  const status = ours ? 502 : recording.status
  assert.equal(error?.status, status)
  assert.equal(error?.class, CLASSES[client][status] ?? 'InternalServerError')
  const { error: shape, type } = wire(JSON.parse(received))
  assert.equal(wire(shape).message, told)
  // Anthropic's client quotes the JSON, OpenAI's the sentence in it.
  assert.ok(error?.message.includes(client === 'anthropic' ? JSON.stringify(told) : told), error?.message)
  if (client === 'anthropic') assert.equal(type, 'error')
  if (status === 429) assert.match(heard.headers.get('retry-after') ?? '', /^\d+$/)
  if (!ours && lane === 'pass') assert.equal(received, recording.body)
}

/** An error inside a stream is an error of the client's, not a short answer; the request counts as failed. */
function checkBroken(message: string, { heard: { error, said }, line }: Exchange): void {
  assert.equal(said, undefined)
  assert.ok(error?.message.includes(message), error?.message)
  assert.equal(line.status, 200)
  assert.ok(line.failure, 'counted as failed')
}
