/**
 * Adds what some vendors (Bedrock) leave out of their answers and clients of other APIs expect: an id (that of the request) and the
 * model that was called.
 */
export function named<Answer extends { readonly id: string; readonly model: string }>(
  answer: Answer,
  id: string,
  model: string,
): Answer {
  if (answer.id !== '' && answer.model !== '') return answer
  return { ...answer, id: answer.id || id, model: answer.model || model }
}
