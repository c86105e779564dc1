import { DIALECTS, type DialectName, type Recording } from './recordings.ts'
import type { Feature, Tally } from './tally.ts'

/** The columns: what a recording is about. One recording counts in several. */
const FEATURES: readonly Feature<Recording>[] = [
  ['all', () => true],
  ['whole', ({ stream }) => !stream],
  ['stream', ({ stream }) => stream],
  ['tool calls', has('tool_call', 'parallel_tool_calls')],
  ['tool results', has('tool_result')],
  ['reasoning', has('thinking', 'redacted_thinking', 'encrypted_reasoning', 'reasoning_tokens')],
  ['signatures', has('signature', 'redacted_thinking', 'encrypted_reasoning')],
  ['images', has('image_input')],
  ['files', has('file_input')],
  ['JSON', has('json_schema', 'json_mode')],
  ['cache', has('cache_read', 'cache_write')],
  ['refusals', has('refusal', 'safety', 'guardrail')],
  ['built-in tools', has('builtin_tool', 'citations')],
  ['errors', has('error', 'midstream_error')],
]

const TITLES: Readonly<Record<DialectName, string>> = {
  'openai-chat': 'Chat Completions (`openai`)',
  'openai-responses': 'Responses (`openai`)',
  anthropic: 'Messages (`@anthropic-ai/sdk`)',
  gemini: 'generateContent (`@google/genai`)',
  bedrock: 'Converse (`@aws-sdk/client-bedrock-runtime`)',
}

function has(...features: readonly string[]): (recording: Recording) => boolean {
  return recording => recording.features.some(feature => features.includes(feature))
}

/** Combinations of client, vendor's dialect, and stream or not, that were met. */
export function combinationsIn(tally: Tally<Recording>): number {
  const met = DIALECTS.flatMap(client =>
    Array.from(tally.of(client), ({ dialect, stream }) => `${client} ${dialect} ${stream}`),
  )
  return new Set(met).size
}

/** A section for each client: vendor x feature. */
export function conversationSections(tally: Tally<Recording>, recordings: readonly Recording[]): string[] {
  return DIALECTS.map(
    client => `## Clients of ${TITLES[client]}\n\n${tally.table(client, recordings, rowOf, FEATURES)}\n`,
  )
}

function rowOf({ vendor, way, dialect }: Recording): string {
  return way === undefined ? `${vendor} (${dialect})` : `${vendor}, ${way.name} (${dialect})`
}
