import type { Call } from '../call/call.ts'
import type { JsonObject } from '../call/json.ts'
import type { Loss } from '../call/loss.ts'
import { holdsOthersMark, keepReasoningOf, type ReasoningRules } from '../call/reasoning-origin.ts'
import { limitToolWords, type MadeNames } from '../call/tool-words.ts'
import type { Dialect } from '../dialects/dialect.ts'
import { toolLimitsOf } from '../dialects/tool-limits.ts'
import { InvalidRequest, Lossy } from '../errors.ts'
import type { ModelFacts } from '../models/facts.ts'
import { fitToModel } from '../models/fit.ts'
import type { Provider } from '../providers/provider.ts'
import type { Steps } from '../steps.ts'
import type { Envelope } from './envelope.ts'
import { describeLosses } from './loss-headers.ts'
import { parseBody } from './parse-body.ts'
import type { Scan } from './scan.ts'
import { holdsForeignIds } from './tool-ids.ts'
import { applyEdits, askForUsage, type Edit } from './usage-request.ts'

/** A call prepared for one vendor: as it came, or in the vendor's dialect. */
export interface Passage {
  readonly lane: 'pass' | 'translate'
  /** The vendor's dialect. */
  readonly dialect: Dialect
  readonly body: Buffer
  readonly headers: Readonly<Record<string, string>>
  readonly losses: readonly Loss[]
  /** Usage was requested by us, not by the client: what it adds to the stream must be cut out again. */
  readonly cutUsage: boolean
  /** Set for plain operations: the answer may be of any media type, and is passed on unread. */
  readonly plain?: PlainPassage
  /** Who signs the reasoning of its answer, where that is known. */
  readonly signer?: ReasoningRules['signer']
  /** Tool names that were replaced for the vendor, to be restored in the answer. */
  readonly names?: MadeNames
}

export interface PlainPassage {
  /** Turns the vendor's whole answer into the client's; called on the translate lane only. Throws when it is no such answer. */
  rewrite(answer: Buffer, headers: Readonly<Record<string, string | string[] | undefined>>): Buffer
}

/** What a passage depends on besides the call and the vendor. */
export interface PassageOptions {
  /** What is known of the model; nothing unless set. */
  readonly facts?: ModelFacts
  /** Refuse a call that would lose something. */
  readonly strict?: boolean
}

const NO_HEADERS = Object.freeze({})
const NOTHING_KNOWN: ModelFacts = Object.freeze({})

/**
 * Prepares the body for a vendor. Same dialect and nothing to change: the client's own bytes, with only `model` replaced (and usage
 * requested, where a stream would not report it). Same dialect and a vendor with a quirk: the client's members with the quirk applied.
 * Else it is translated. Throws InvalidRequest when the call cannot be decoded or expressed in the vendor's dialect, and Lossy when it
 * is strict and would lose something.
 */
export function* passageTo(
  provider: Provider,
  dialect: Dialect,
  envelope: Envelope,
  model: string,
  { facts = NOTHING_KNOWN, strict = false }: PassageOptions = {},
): Steps<Passage> {
  if (dialect !== envelope.dialect || envelope.replaced || holdsForeignParts(provider, envelope, model)) {
    const call = yield* envelope.decoding()
    yield
    const passage = yield* translate(provider, dialect, call, model, facts)
    if (strict) refuseLosses(passage)
    return passage
  }
  const passed = pass(provider, dialect, envelope, model)
  const nameModel = provider.endpoints[envelope.operation]?.nameModel
  const adjust = nameModel === undefined ? provider.adjust : (body: JsonObject) => nameModel(body, model)
  return adjust === undefined ? passed : { ...passed, body: yield* adjusted(passed.body, adjust) }
}

/** Throws Lossy when anything would be lost. */
export function refuseLosses({ losses }: Pick<Passage, 'losses'>): void {
  const [first] = losses
  if (first !== undefined) throw Lossy({ param: first.path }, describeLosses(losses))
}

/** Whether it holds tool ids or reasoning that this vendor refuses, as after a turn that another vendor answered. */
function holdsForeignParts({ toolLimits, reasoningOf }: Provider, { body, dialect }: Envelope, model: string): boolean {
  const { signer, signedReasoning } = reasoningOf?.(model) ?? {}
  if (signer === 'nobody' && body.includes('"signature"')) return true
  if (toolLimits !== undefined && holdsForeignIds(body, dialect.name, toolLimits.id)) return true
  if (signer !== undefined && holdsOthersMark(body, signer)) return true
  return signedReasoning === true && (body.includes('"signature":""') || body.includes('"signature": ""'))
}

/** The same bytes unless a quirk of the vendor applies to them. */
function* adjusted(bytes: Buffer, adjust: NonNullable<Provider['adjust']>): Steps<Buffer> {
  const body = parseBody(bytes)
  const changed = adjust(body)
  if (changed === body) return bytes
  yield
  return Buffer.from(JSON.stringify(changed))
}

function pass(provider: Provider, dialect: Dialect, envelope: Envelope, model: string): Passage {
  const { body, scan } = envelope
  const usage = scan.stream && needsUsageRequest(provider, dialect) ? askForUsage(body, scan) : undefined
  const edits: Edit[] = usage === undefined ? [] : [usage]
  if (model !== scan.model) edits.push(...spliceModel(scan, model))
  return {
    lane: 'pass',
    dialect,
    body: edits.length === 0 ? body : applyEdits(body, edits),
    headers: NO_HEADERS,
    losses: [],
    cutUsage: usage !== undefined,
  }
}

function needsUsageRequest({ streamUsage }: Provider, { usageOnRequest }: Dialect): boolean {
  return usageOnRequest === true && streamUsage === 'on-request'
}

/** Replaces the client's name of the model by the vendor's; no edits where the path names it. */
export function spliceModel({ modelMember, form }: Scan, model: string): Edit[] {
  if (modelMember === undefined) return []
  const { start, end } = modelMember
  return [{ start, end, bytes: form === undefined ? JSON.stringify(model) : model }]
}

/** Translates a call to a vendor's dialect, fitted to its model. Throws InvalidRequest when that dialect cannot express it. */
export function* translate(
  provider: Provider,
  dialect: Dialect,
  call: Call,
  model: string,
  facts: ModelFacts,
): Steps<Passage> {
  refuseIndispensable(call, dialect)
  const wantsUsage = call.stream && needsUsageRequest(provider, dialect)
  const requested = { ...call, model, ...(wantsUsage && { includeUsage: true }) }
  const rules = provider.reasoningOf?.(model) ?? {}
  const own = keepReasoningOf(rules, requested)
  const fitting = fitToModel(own.call, facts)
  const limits = provider.toolLimits ?? toolLimitsOf(dialect.name)
  const limited = limits === undefined ? undefined : limitToolWords(fitting.call, limits)
  const written = dialect.writeRequest(limited?.call ?? fitting.call)
  const body = provider.adjust === undefined ? written.body : provider.adjust(written.body)
  yield
  return {
    lane: 'translate',
    dialect,
    body: Buffer.from(JSON.stringify(body)),
    headers: written.headers ?? NO_HEADERS,
    losses: [...own.losses, ...fitting.losses, ...written.losses],
    cutUsage: false,
    ...(rules.signer !== undefined && { signer: rules.signer }),
    ...(limited !== undefined && limited.names.size > 0 && { names: limited.names }),
  }
}

/** Refuses a call that cannot do without a member that this dialect lacks, naming the member. */
function refuseIndispensable({ dialect: spoken, indispensable = [] }: Call, dialect: Dialect): void {
  const [first] = spoken === dialect.name ? [] : indispensable
  if (first !== undefined) throw InvalidRequest({ param: first.path }, `${first.path}: ${first.why}`)
}
