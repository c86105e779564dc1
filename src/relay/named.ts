/**
 * What some vendors (Bedrock) leave out of their answers and the clients of others look for: an id, for which ours of the
 * request stands in, and the model that was asked.
 */
export function named<Answer extends { readonly id: string; readonly model: string }>(
  answer: Answer,
  id: string,
  model: string,
): Answer {
  if (answer.id !== '' && answer.model !== '') return answer
  return { ...answer, id: answer.id || id, model: answer.model || model }
}
