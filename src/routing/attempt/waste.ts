import type { Kind } from '../../call/fault.ts'
import type { Usage } from '../../call/result.ts'
import { Tally } from '../../meter/tally.ts'
import type { Envelope } from '../../relay/envelope.ts'
import type { FlowItem } from '../../relay/flow.ts'
import { readReport } from '../../relay/whole.ts'
import type { Answer, WholeAnswer } from './answer.ts'

/**
 * What a vendor may bill for an answer that was given up before it was whole: the input as far as it was reported, else
 * estimated from the size of the call, and the output in what has come of it.
 */
export function wasteOf(items: readonly FlowItem[], { size }: Envelope): Usage {
  const tally = new Tally()
  for (const { events } of items) for (const event of events) tally.push(event)
  return tally.usage(false, size)
}

/** Discards an answer that no client will read: ends its upstream call for this reason, and records what it may be billed for. */
export function discard(answer: Answer, envelope: Envelope, now: number, failure: Kind, reason: string): void {
  if (answer.type === 'refused') return
  const { attempt } = answer
  if (answer.type === 'stream') answer.flow.abort()
  if (answer.type === 'bytes') answer.body.abort()
  const usage = answer.type === 'whole' ? reported(answer) : undefined
  attempt.wasted(usage ?? wasteOf(answer.type === 'stream' ? answer.items : [], envelope))
  attempt.settle(now, failure, reason)
}

function reported({ result, body, passage }: WholeAnswer): Usage | undefined {
  if (result !== undefined) return result.usage
  try {
    return readReport(body, passage.dialect).usage
  } catch {
    return undefined
  }
}
