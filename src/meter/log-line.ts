import type { CallRecord } from './record.ts'

/** The one log line of a request: what a person on call asks first. Holds no prompt, no key, and no URL with its query. */
export function logLine(record: CallRecord, status: number, now: number): Record<string, unknown> {
  const last = record.answeredBy ?? record.attempts.at(-1)
  const { endpoint, caller, model, stream, lane, usage, losses, degraded, finish, failure, queue, errorCode } = record
  const { cache, replayed, wasted } = record
  return {
    id: record.id,
    endpoint,
    status,
    ms: round(now - record.startedAt),
    ...(caller !== undefined && { caller }),
    ...(model !== undefined && { model, stream }),
    ...(last !== undefined && {
      target: last.target,
      attempts: record.attempts.length,
      lane,
      overheadMs: round(record.overhead(record.firstContentAt ?? now)),
    }),
    ...(queue !== undefined && { queuedMs: round(queue.waitedMs) }),
    ...(record.firstContentAt !== undefined && { firstContentMs: round(record.firstContentAt - record.startedAt) }),
    ...(cache !== undefined && { cache }),
    ...(replayed && { replayed }),
    ...(usage !== undefined && {
      inputTokens: usage.input,
      outputTokens: usage.output,
      ...(usage.estimated && { estimated: true }),
    }),
    ...(wasted !== undefined && {
      wasted: {
        inputTokens: wasted.input,
        outputTokens: wasted.output,
        ...(wasted.estimated && { estimated: true }),
      },
    }),
    ...(degraded.length > 0 && { degraded: degraded.join(', ') }),
    ...(finish !== undefined && { finish }),
    ...(failure !== undefined && { failure }),
    ...(errorCode !== undefined && { code: errorCode }),
    ...(losses.length > 0 && { losses: losses.length }),
    ...(record.attempts.length > 1 && { tried: record.attempts.map(describe) }),
  }
}

function describe({ target, failure, reason, hedge }: CallRecord['attempts'][number]): string {
  const name = hedge ? `${target} (hedge)` : target
  return failure === undefined ? `${name}: ok` : `${name}: ${failure} (${reason ?? 'no reason given'})`
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100
}
