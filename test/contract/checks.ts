import assert from 'node:assert/strict'
import type { JsonObject } from '../../src/call/json.ts'
import type { Loss } from '../../src/call/loss.ts'
import { helperReading, isForHelper } from './chat-client.ts'
import { checkAsked } from './check-asked.ts'
import { checkBroken, checkRefusal, isKeyRefusal } from './error-checks.ts'
import type { Exchange } from './exchange.ts'
import { expected, withoutNames } from './expectations.ts'
import { providerOf } from './gateway.ts'
import { answerLosses, requestLosses } from './losses.ts'
import { brokenBy, recorded } from './oracles.ts'
import { eventsOf } from './recordings.ts'
import { type Said, type Wire, wire } from './said.ts'

/** Everything that an exchange promises, both ways. */
export async function checkExchange(exchange: Exchange): Promise<void> {
  const { recording, client, heard, line, lane } = exchange
  const lost = lossesBefore(exchange)
  checkSeen(exchange, lost)
  assert.equal(line.lane, isKeyRefusal(recording) ? undefined : lane)
  if (recording.status !== 200) {
    checkRefusal(exchange)
    return
  }
  checkLosses(exchange, lost)
  const broken = brokenBy(recording)
  if (broken !== undefined) {
    checkBroken(broken, exchange)
    return
  }
  assert.equal(heard.error, undefined)
  const vendor = recorded(recording)
  checkMetered(vendor, exchange)
  const said = lane === 'translate' ? expected(client, recording.dialect, vendor) : asPassed(vendor, exchange)
  assert.ok(heard.said)
  const read = withoutMarks(withoutNames(heard.said, said))
  assert.deepEqual(read, isProofLost(exchange) ? { ...said, answers: withProofsOf(read, said) } : said)
  checkBytes(exchange)
  await checkHelper(exchange, said)
}

/** Whether the signatures or the sealed reasoning of a vendor are told as something that this client cannot be given. */
function isProofLost({ recording, client, lane }: Exchange): boolean {
  return (
    lane === 'translate' &&
    answerLosses(recording, client).some(({ path, why }) => /reasoning|sign|encrypt/i.test(path + why))
  )
}

/** A client of another maker's API is given proofs with a mark (docs/decisions/origin-of-reasoning.md). */
function withoutMarks(read: Said): Said {
  const plain = (proof: string) => proof.replace(/^sluice(?:Claude|Gemini|OpenAI)/, '')
  return { ...read, answers: read.answers.map(answer => ({ ...answer, proofs: answer.proofs.map(plain) })) }
}

/** The expected answers with the proofs that were read, each of which the vendor has to have given. */
function withProofsOf(read: Said, said: Said): Said['answers'] {
  return said.answers.map((answer, at) => {
    const proofs = read.answers[at]?.proofs ?? []
    for (const proof of proofs) assert.ok(answer.proofs.includes(proof), 'a proof of the vendor')
    return { ...answer, proofs }
  })
}

/** The vendor's own words, but for a report of usage that the client did not ask for. */
function asPassed(vendor: Said, exchange: Exchange): Said {
  return isUsageOurs(exchange) ? { ...vendor, usage: undefined } : vendor
}

/** Vendors that report the usage of a stream only when asked, and how the gateway asks on its own account. */
const ASKED_FOR_USAGE: ReadonlySet<string> = new Set(['openai', 'azure', 'groq', 'deepseek'])
const ASK_FOR_USAGE = '"stream_options":{"include_usage":true},'

/** True where the client did not ask for usage: what the vendor then reports is cut from what the client reads. */
function isUsageOurs({ recording: { dialect, stream, vendor }, heard }: Exchange): boolean {
  const isAsked = dialect === 'openai-chat' && stream && ASKED_FOR_USAGE.has(vendor)
  return isAsked && !heard.sent.includes('"include_usage":true')
}

function lossesBefore({ recording, client, lane, heard }: Exchange): readonly Loss[] {
  if (lane === 'pass') return []
  return requestLosses(client, recording.dialect, JSON.parse(heard.sent) as JsonObject, recording.model)
}

/** On the pass lane the vendor sees the client's bytes but for `model` (and the wish for usage); else the same request in its own words. */
function checkSeen(exchange: Exchange, lost: readonly Loss[]): void {
  const { recording, lane, client, heard, seen } = exchange
  assert.ok(seen, 'the vendor was asked')
  const { way, model } = recording
  if (way !== undefined) assert.equal(seen.url, `/${providerOf(recording, client)}${way.path(model)}`)
  const sent = heard.sent.replace(`"model":"${providerOf(recording, client)}/`, '"model":"')
  const body = seen.body.toString('utf8')
  if (lane === 'translate') {
    // What a vendor refused may be left out by what is known of its models: it is no measure.
    if (recording.status !== 200) return
    const clients = { dialect: client, body: wire(JSON.parse(sent)) }
    checkAsked(clients, { dialect: recording.dialect, body: wire(JSON.parse(body)) }, lost)
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
  const { bytes, body } = exchange.recording
  const { received } = exchange.heard
  if (!isUsageOurs(exchange) || !body.includes('"usage":{')) {
    // A blank line is added where the last event is without: clients would drop what they have read (A24).
    const ended = Buffer.concat([bytes, Buffer.from('\n\n')])
    assert.ok(received.equals(bytes) || received.equals(ended), 'the same bytes')
    return
  }
  const chunks = eventsOf(bytes, 'openai-chat').map(wire)
  const kept = chunks.filter(chunk => !isReport(chunk)).map(({ usage, ...chunk }) => chunk)
  assert.deepEqual(eventsOf(received, 'openai-chat').map(wire), kept)
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
function checkLosses({ recording, lane, client, heard, line }: Exchange, before: readonly Loss[]): void {
  if (lane === 'pass') {
    assert.equal(line.losses, undefined)
    return
  }
  const all = [...before, ...answerLosses(recording, client)]
  assert.equal(line.losses ?? 0, all.length)
  const named = new Set((recording.stream ? before : all).map(({ path }) => path))
  assert.equal(heard.headers.get('x-sluice-losses') ?? '', [...named].slice(0, 20).join(', '))
}

/** The client's own stream helper agrees. It replaces reasoning where it should grow, so it is asked for everything else. */
async function checkHelper({ client, recording, heard, asked }: Exchange, said: Said): Promise<void> {
  if (client !== 'openai-chat' || !recording.stream) return
  const received = heard.received.toString('utf8')
  if (!isForHelper(received)) return
  const visible = ({ answers, ...rest }: Said): unknown => ({
    ...rest,
    answers: answers.map(({ thought, proofs, ...answer }) => answer),
  })
  const helped = withoutNames(await helperReading(received, asked.body), said)
  assert.deepEqual(visible(helped), visible(said))
}
