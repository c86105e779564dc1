import type { Passage } from '../../relay/passage.ts'
import { tryPassage } from '../attempt/try-passage.ts'
import type { Dispatch } from '../dispatch.ts'
import type { Target } from '../target.ts'

/**
 * The call as it travels to each of these targets that can be asked all of it. Nobody is asked yet, so those that cannot cost
 * no attempt and may still be asked where there is no other choice. Rejects with faults of our own only.
 */
export async function losslessPassages(
  call: Pick<Dispatch, 'passage'>,
  targets: readonly Target[],
): Promise<ReadonlyMap<Target, Passage>> {
  const passages = new Map<Target, Passage>()
  for (const target of targets) {
    const passage = await tryPassage(call, target)
    if (passage?.losses.length === 0) passages.set(target, passage)
  }
  return passages
}
