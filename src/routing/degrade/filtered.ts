import type { FinishReason } from '../../call/result.ts'
import { isContent } from '../../relay/hold.ts'
import { readReport } from '../../relay/whole.ts'
import type { StreamAnswer, WholeAnswer } from '../attempt/answer.ts'

/** The vendor's filter has stopped the answer; a stream only counts while nothing of it has been seen. Reads whole answers. */
export function isFiltered(answer: WholeAnswer | StreamAnswer): boolean {
  const finish = answer.type === 'whole' ? finishOfWhole(answer) : finishWithoutContent(answer)
  // At Anthropic the classifiers' word is `refusal`.
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
