import { isSluiceError } from '../../errors.ts'
import type { Passage } from '../../relay/passage.ts'
import type { Target } from '../target.ts'
import type { Question } from './ask.ts'

/** The call as it would travel to a target; undefined where it cannot be said to it. Asks nobody. Rejects with faults of our own only. */
export async function wordsFor({ passage }: Pick<Question, 'passage'>, target: Target): Promise<Passage | undefined> {
  try {
    return await passage({ target })
  } catch (error) {
    if (isSluiceError(error) && error.kind === 'invalid') return undefined
    throw error
  }
}
