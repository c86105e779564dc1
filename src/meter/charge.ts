import type { CallRecord } from './record.ts'

/**
 * The tokens that a finished request counts as at the limits of its caller: what was reported or, of a broken stream, estimated; of a
 * whole answer that nobody waited for, its prompt; undefined where an answer went out whose usage nobody knows: as many as were reserved.
 */
export function chargedTokens(record: CallRecord, clientGone: boolean): number | undefined {
  const { usage, attempts, answeredBy, promptTokens } = record
  if (usage !== undefined) return usage.input + usage.output
  if (attempts.length === 0) return 0
  if (clientGone) return promptTokens
  return answeredBy !== undefined && answeredBy.failure === undefined ? undefined : 0
}
