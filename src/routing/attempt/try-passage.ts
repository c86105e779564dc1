import { isSluiceError } from '../../errors.ts'
import type { Passage } from '../../relay/passage.ts'
import type { Target } from '../target.ts'
import type { AttemptContext } from './attempt-context.ts'

/** The call as it would travel to a target; undefined where its dialect cannot express it. Sends nothing. Rejects only on faults of our own. */
export async function tryPassage(
  { passage }: Pick<AttemptContext, 'passage'>,
  target: Target,
): Promise<Passage | undefined> {
  try {
    return await passage({ target })
  } catch (error) {
    if (isSluiceError(error) && error.kind === 'invalid') return undefined
    throw error
  }
}
