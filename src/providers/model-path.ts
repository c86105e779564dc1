import { InvalidRequest } from '../errors.ts'

const SAFE = /^[\w.:@+-]+(?:\/[\w.:@+-]+)*$/
/** Longer than any vendor's name, short enough for a response header and for thousands of them in memory. */
const LONGEST = 256
const CLIMBING = /(?:^|\/)\.\.?(?:\/|$)/

/** Whether a model's name may stand in the path of a URL. */
export function isSafeModelPath(model: string): boolean {
  return model.length <= LONGEST && SAFE.test(model) && !CLIMBING.test(model)
}

/**
 * The model as it may stand in the path of a URL: segments of word characters and `.:@+-`, none of them `.` or `..`, 256 at most.
 * Returns it unchanged; throws InvalidRequest (param `model`) for anything that could lead elsewhere.
 */
export function safeModelPath(model: string): string {
  if (isSafeModelPath(model)) return model
  throw InvalidRequest(
    { param: 'model' },
    `The model name may hold letters, digits and _ . : @ + - only, in parts divided by single slashes, ${LONGEST} at most.`,
  )
}
