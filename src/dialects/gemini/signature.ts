/**
 * What Gemini 3 takes in the place of a thought signature that nobody has, where it would answer 400 to a call without one
 * (ai.google.dev/gemini-api/docs/thought-signatures).
 */
export const SKIP_SIGNATURE = 'skip_thought_signature_validator'

/** Models before Gemini 3 ask for no signature, so they are sent no skip value either. */
const UNCHECKED = /gemini-(?:1|2)(?:\.|-|$)/

/** Whether this model refuses the calls of the turn in progress when they come without a signature. */
export function checksSignatures(model: string): boolean {
  return !UNCHECKED.test(model)
}
