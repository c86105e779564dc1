import { table } from '../../bench/report.ts'
import { DIALECTS, type DialectName, type Recording } from './recordings.ts'

/** The columns: what a recording is about. One recording counts in several. */
const FEATURES: readonly (readonly [string, (recording: Recording) => boolean])[] = [
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

/** Counts what has passed: client's dialect x vendor x feature. */
export class Matrix {
  readonly #passed = new Map<DialectName, Recording[]>()

  add(client: DialectName, recording: Recording): void {
    this.#passed.set(client, [...(this.#passed.get(client) ?? []), recording])
  }

  /** Combinations of client, vendor's dialect, and stream or not, that were met. */
  get combinations(): number {
    const met = Array.from(this.#passed, ([client, recordings]) =>
      recordings.map(({ dialect, stream }) => `${client} ${dialect} ${stream}`),
    )
    return new Set(met.flat()).size
  }

  /** docs/matrix.md, whole; `recordings` are all that should have passed. */
  page(recordings: readonly Recording[]): string {
    const sections = DIALECTS.map(client => `## Clients of ${TITLES[client]}\n\n${this.#table(client, recordings)}\n`)
    return `${HEAD}\n${sections.join('\n')}`
  }

  #table(client: DialectName, recordings: readonly Recording[]): string {
    const passed = new Set(this.#passed.get(client)?.map(({ id }) => id))
    const vendors = Map.groupBy(recordings, ({ vendor, dialect }) => `${vendor} (${dialect})`)
    const lines = Array.from(vendors, ([vendor, own]) => [
      vendor,
      ...FEATURES.map(([, isAbout]) => cell(own.filter(isAbout), passed)),
    ])
    return table(['vendor', ...FEATURES.map(([title]) => title)], lines)
  }
}

function cell(recordings: readonly Recording[], passed: ReadonlySet<string>): string {
  const count = recordings.filter(({ id }) => passed.has(id)).length
  if (recordings.length === 0) return '-'
  return count === recordings.length ? String(count) : `${count}/${recordings.length}`
}

const HEAD = `# The translation matrix

Written by \`npm run matrix\`; a test holds it. Each figure counts recordings of real vendor traffic that passed: a loopback server answers
as the vendor once did, its answer cut at random places; the official client of the dialect in the heading asks a listening gateway;
and what the client makes of the answer (text, tool calls with their ids, reasoning and its signatures, the reason of the end, usage)
is what the vendor said, read from the recording by code that the gateway has no part in. What the vendor was asked is what the client
asked. What a dialect cannot say is a reported loss ([losses.md](losses.md)), and each one is compared with the report.

A column counts the recordings that are about its feature, \`-\` where there is none; \`3/4\` would say that one of four failed. A client of
the vendor's own dialect reads the vendor's bytes.
`
