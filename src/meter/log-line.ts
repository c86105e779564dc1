import type { Usage } from '../call/result.ts'
import type { CallRecord } from './record.ts'

/** The one log line of a request: what a person on call asks first. Holds no prompt, no key, and no URL with its query. */
export function logLine(record: CallRecord, status: number, now: number): Record<string, unknown> {
  const line: Record<string, unknown> = {
    id: record.id,
    endpoint: record.endpoint,
    status,
    ms: round(now - record.startedAt),
  }
  describeCall(line, record)
  describeAnswer(line, record, now)
  describeEnd(line, record)
  return line
}

function describeCall(line: Record<string, unknown>, { caller, model, stream }: CallRecord): void {
  if (caller !== undefined) line.caller = caller
  if (model === undefined) return
  line.model = model
  line.stream = stream
}

function describeAnswer(line: Record<string, unknown>, record: CallRecord, now: number): void {
  const { attempts, queue, firstContentAt, startedAt, cache, usage } = record
  const last = record.answeredBy ?? attempts.at(-1)
  if (last !== undefined) {
    line.target = last.target
    line.attempts = attempts.length
    line.lane = record.lane
    line.overheadMs = round(record.overhead(firstContentAt ?? now))
  }
  if (queue !== undefined) line.queuedMs = round(queue.waitedMs)
  if (firstContentAt !== undefined) line.firstContentMs = round(firstContentAt - startedAt)
  if (cache !== undefined) line.cache = cache
  if (record.replayed) line.replayed = true
  if (usage === undefined) return
  line.inputTokens = usage.input
  line.outputTokens = usage.output
  if (usage.estimated) line.estimated = true
}

function describeEnd(
  line: Record<string, unknown>,
  { wasted, degraded, finish, failure, errorCode, losses, attempts }: CallRecord,
): void {
  if (wasted !== undefined) line.wasted = tokensOf(wasted)
  if (degraded.length > 0) line.degraded = degraded.join(', ')
  if (finish !== undefined) line.finish = finish
  if (failure !== undefined) line.failure = failure
  if (errorCode !== undefined) line.code = errorCode
  if (losses.length > 0) line.losses = losses.length
  // Of a single attempt that went well everything is said above.
  if (attempts.length > 1 || attempts[0]?.reason !== undefined) line.tried = attempts.map(describe)
}

function tokensOf({ input, output, estimated }: Usage): Record<string, unknown> {
  return { inputTokens: input, outputTokens: output, ...(estimated && { estimated }) }
}

function describe({ target, failure, reason, hedge }: CallRecord['attempts'][number]): string {
  const name = hedge ? `${target} (hedge)` : target
  return failure === undefined ? `${name}: ok` : `${name}: ${failure} (${reason ?? 'no reason given'})`
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100
}
