import type { Members } from './members.ts'

/**
 * What every response says, for answers of other dialects: the reference asks for these members and SDKs rely on them.
 * Settings are those that hold when a request does not say otherwise.
 */
export function emptyResponse(id: string, model: string, created = 0) {
  return {
    id,
    object: 'response',
    created_at: created,
    status: 'in_progress',
    background: false,
    error: null,
    incomplete_details: null,
    instructions: null,
    max_output_tokens: null,
    model,
    output: [],
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    temperature: null,
    text: { format: { type: 'text' } },
    tool_choice: 'auto',
    tools: [],
    top_p: null,
    truncation: 'disabled',
    usage: null,
    user: null,
    metadata: {},
  } satisfies Members
}
