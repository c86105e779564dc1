import { InvalidRequest } from '../errors.ts'

const SAFE = /^[\w.:@+-]+(?:\/[\w.:@+-]+)*$/
const CLIMBING = /(?:^|\/)\.\.?(?:\/|$)/

/**
 * The model as it may stand in the path of a URL: segments of word characters and `.:@+-`, none of them `.` or `..`.
 * Returns it unchanged; throws InvalidRequest (param `model`) for anything that could lead elsewhere.
 */
export function safeModelPath(model: string): string {
  if (SAFE.test(model) && !CLIMBING.test(model)) return model
  throw InvalidRequest(
    { param: 'model' },
    'The model name may hold letters, digits and _ . : @ + - only, in parts divided by single slashes.',
  )
}
