import type { FinishReason } from '../../call/result.ts'
import { isContent } from '../../relay/hold.ts'
import { readReport } from '../../relay/whole.ts'
import type { StreamAnswer, WholeAnswer } from '../attempt/answer.ts'

/** Whether the vendor's filter stopped the answer; of streams, only those without content count. Parses whole answers. */
export function isFiltered(answer: WholeAnswer | StreamAnswer): boolean {
  const finish = answer.type === 'whole' ? finishOfWhole(answer) : finishWithoutContent(answer)
  // Anthropic's classifiers report `refusal`.
  return finish === 'content-filter' || finish === 'refusal'
}

function finishOfWhole({ body, passage }: WholeAnswer): FinishReason | undefined {
  try {
    return readReport(body, passage.dialect).finish
  } catch {
    // What cannot be read is passed on as it is, here as everywhere on the pass lane.
    return undefined
  }
}

function finishWithoutContent({ items, ended = [] }: StreamAnswer): FinishReason | undefined {
  const first = [...items.flatMap(({ events }) => events), ...ended].find(isContent)
  return first?.type === 'finish' ? first.finish.reason : undefined
}
