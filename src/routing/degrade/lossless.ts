import { isSluiceError } from '../../errors.ts'
import { type Passage, refuseLosses } from '../../relay/passage.ts'
import type { Dispatch } from '../dispatch.ts'
import type { Target } from '../target.ts'

/**
 * The call as it travels to each of these targets that can be asked all of it. Nobody is asked yet, so those that cannot cost
 * no attempt and may still be asked where there is no other choice. Rejects with faults of our own only.
 */
export async function losslessPassages(
  { passage }: Pick<Dispatch, 'passage'>,
  targets: readonly Target[],
): Promise<ReadonlyMap<Target, Passage>> {
  const passages = new Map<Target, Passage>()
  for (const target of targets) {
    try {
      const prepared = await passage({ target })
      refuseLosses(prepared)
      passages.set(target, prepared)
    } catch (error) {
      if (!isSluiceError(error) || error.kind !== 'invalid') throw error
    }
  }
  return passages
}
