import type { Call } from '../../call/call.ts'
import type { Usage } from '../../call/result.ts'
import { dialectNamed } from '../../dialects/index.ts'
import { CONSEQUENCES } from '../../errors.ts'
import { endpointFor } from '../../providers/endpoint-for.ts'
import { type Passage, translate } from '../../relay/passage.ts'
import { holdsError, readWhole } from '../../relay/whole.ts'
import { atOnce } from '../../steps.ts'
import type { Exchange } from '../../upstream/exchange.ts'
import type { Outcome, WholeOutcome } from '../../upstream/outcome.ts'
import { coolDown } from '../attempt/cool-down.ts'
import { judge } from '../attempt/judge.ts'
import type { Hold } from '../quota/allowance.ts'
import { sideCall, sideHeaders, within } from '../side-call.ts'
import type { Candidate } from '../target.ts'
import type { Check, Finding } from './health-check.ts'

/** Its answer is short even from a server that ignores the limit of output tokens. */
const PROMPT = 'Say ok.'

/** As vendors estimate it. */
const BYTES_PER_TOKEN = 4

/** The smallest prompt, in a dialect of no API, so that every writer translates it. */
function promptFor(model: string, maxTokens: number): Call {
  return {
    operation: 'chat',
    dialect: 'health-check',
    model,
    stream: false,
    turns: [{ role: 'user', blocks: [{ type: 'text', text: PROMPT }], plain: true }],
    maxTokens,
  }
}

/**
 * A billed check: a prompt to one model, fitted to it as a client's call would be. Ends after `timeout` ms at the latest. Rejects
 * where the provider cannot sign it or answers no prompts.
 */
export async function promptCheck(candidate: Candidate, timeout: number): Promise<Check> {
  const { vendor, model, facts } = candidate.target
  const { provider } = vendor
  const endpoint = endpointFor(provider, 'chat')
  if (endpoint === undefined) throw new Error(`provider ${provider.name} answers no prompts`)
  const output = provider.leastOutput ?? 1
  const dialect = dialectNamed(endpoint.dialect)
  const passage = atOnce(translate(provider, dialect, promptFor(model, output), model, facts))
  const headers = { 'content-type': 'application/json', ...sideHeaders(vendor), ...passage.headers }
  const path = endpoint.path(model, false)
  const request = { method: 'POST', path, query: '', headers, body: passage.body } as const
  const exchange = await sideCall(vendor, candidate.key, request, within(timeout))
  const estimate = { input: Math.ceil(passage.body.length / BYTES_PER_TOKEN), output, estimated: true }
  return new PromptCheck(candidate, passage, exchange, estimate)
}

class PromptCheck implements Check {
  readonly exchange: Exchange
  readonly #candidate: Candidate
  readonly #passage: Passage
  /** Its estimated cost, which counts where the vendor reports none. */
  readonly #estimate: Usage
  #hold: Hold | undefined

  constructor(candidate: Candidate, passage: Passage, exchange: Exchange, estimate: Usage) {
    this.exchange = exchange
    this.#candidate = candidate
    this.#passage = passage
    this.#estimate = estimate
  }

  start(now: number): boolean {
    const { input, output } = this.#estimate
    this.#hold = this.#candidate.gate.admitCheck(now, input + output)
    if (this.#hold === undefined) return false
    this.exchange.start()
    return true
  }

  read(outcome: Outcome, now: number): Finding {
    if (outcome.type !== 'failed') this.#hold?.answered(outcome.headers, false)
    const finding = this.#judge(outcome, now)
    const { usage } = finding
    // With an estimate the reserved tokens stay reserved: the vendor reserved the same when the prompt arrived.
    if (usage?.estimated) this.#hold?.keep()
    else if (usage !== undefined) this.#hold?.used(usage.input + usage.output)
    // Never as a success: the concurrency limit is learned from calls alone, as the breaker's state is.
    this.#hold?.settle(false)
    return finding
  }

  /** An answer is judged as that to a call is (read-outcome.ts). */
  #judge(outcome: Outcome, now: number): Finding {
    if (outcome.type === 'failed') {
      // The vendor may have been at work when we gave it up.
      const billed = (outcome.kind === 'timeout' || outcome.kind === 'cancelled') && this.exchange.sent
      return { illness: outcome.reason, ...(billed && { usage: this.#estimate }) }
    }
    if (outcome.type === 'stream') {
      outcome.body.abort()
      return { illness: 'it answers with a stream that nobody asked for', usage: this.#estimate }
    }
    const { status, body } = outcome
    if (status >= 400 || holdsError(body)) return this.#refused(outcome, now)
    return status >= 300 ? { illness: 'it answers with a redirect' } : this.#answered(body)
  }

  #answered(body: Buffer): Finding {
    try {
      return { usage: readWhole(body, this.#passage.dialect).usage ?? this.#estimate }
    } catch {
      return { illness: 'its answer cannot be read in its dialect', usage: this.#estimate }
    }
  }

  #refused({ status, headers, body }: WholeOutcome, now: number): Finding {
    const { vendor, model } = this.#candidate.target
    const judgement = judge(vendor.provider, this.#passage.dialect, status, body)
    coolDown(this.#candidate, judgement, headers, now)
    const { kind, ourKey, fault } = judgement
    if (ourKey) return { keyRefused: true }
    if (CONSEQUENCES[kind].breaker) return { illness: `status ${fault.status}` }
    return kind === 'limited' ? { limited: true } : { refusal: `status ${fault.status} to a prompt for ${model}` }
  }
}
