import { InvalidRequest } from '../errors.ts'

const SAFE = /^[\w.:@+-]+(?:\/[\w.:@+-]+)*$/
/** More than any vendor's names have, few enough for a response header and for thousands of names in memory. */
const LONGEST = 256
const CLIMBING = /(?:^|\/)\.\.?(?:\/|$)/

/** Whether a model's name may be in the path of a URL. */
export function isSafeModelPath(model: string): boolean {
  return model.length <= LONGEST && SAFE.test(model) && !CLIMBING.test(model)
}

/**
 * The same model if it may be in the path of a URL: segments of word characters and `.:@+-`, none of them `.` or `..`, at most 256
 * characters. Throws InvalidRequest (param `model`) for any other, which could lead elsewhere.
 */
export function safeModelPath(model: string): string {
  if (isSafeModelPath(model)) return model
  throw InvalidRequest(
    { param: 'model' },
    `The model name may hold letters, digits and _ . : @ + - only, in parts divided by single slashes, ${LONGEST} at most.`,
  )
}
