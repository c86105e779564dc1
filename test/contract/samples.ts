import { readdirSync, readFileSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { stream } from '../upstream.ts'
import type { DialectName, Recording } from './recordings.ts'

const FIXTURES = join(import.meta.dirname, '../fixtures')

/** What hand-written answers hold that has no official form: the clients have no members for it, or refuse it. */
const NOT_FOR_CLIENTS: ReadonlySet<string> = new Set([
  ...['custom-call', 'tools-custom', 'function-call', 'audio', 'no-finish', 'tools-length'],
  ...['tools-no-arguments', 'tools-same-index'],
])

/** The hand-written answers of both dialects, and errors of which there is no recording: the contract without recordings. */
export function readSamples(): Recording[] {
  return [...answers('openai-chat', 'openai'), ...answers('anthropic', 'anthropic'), ...errors()]
}

function answers(dialect: DialectName, vendor: string): Recording[] {
  return ['responses', 'streams'].flatMap(kind => {
    const folder = join(FIXTURES, dialect, kind)
    const ending = kind === 'streams' ? '.sse' : '.json'
    return readdirSync(folder)
      .filter(file => extname(file) === ending && !NOT_FOR_CLIENTS.has(basename(file, ending)))
      .map(file => {
        const id = `sample-${dialect}-${kind}-${basename(file, ending)}`
        return sample(id, dialect, vendor, 200, readFileSync(join(folder, file), 'utf8'), kind === 'streams')
      })
  })
}

function sample(
  id: string,
  dialect: DialectName,
  vendor: string,
  status: number,
  body: string,
  isStream: boolean,
): Recording {
  const type = body.startsWith('{') ? 'application/json' : 'text/event-stream'
  return {
    id,
    vendor,
    dialect,
    model: 'some-model',
    stream: isStream,
    features: [],
    request: undefined,
    status,
    bytes: Buffer.from(body),
    body,
    answer: cut => stream(cut(Buffer.from(body)), { status, headers: { 'content-type': type } }),
  }
}

/** From the vendors' documentation of their errors; streams break after they have begun. */
function errors(): Recording[] {
  const openai = (type: string, code: string): string =>
    JSON.stringify({ error: { message: `Told as ${code}.`, type, param: null, code } })
  const anthropic = (type: string): string =>
    JSON.stringify({ type: 'error', error: { type, message: `Told as ${type}.` }, request_id: 'req_1' })
  return [
    ...[
      [403, 'invalid_request_error', 'unsupported_country'] as const,
      [429, 'requests', 'rate_limit_exceeded'] as const,
      [500, 'server_error', 'internal'] as const,
      [503, 'server_error', 'overloaded'] as const,
    ].map(([status, type, code]) =>
      sample(`sample-openai-${status}`, 'openai-chat', 'openai', status, openai(type, code), status === 503),
    ),
    ...[[429, 'rate_limit_error'] as const, [500, 'api_error'] as const, [529, 'overloaded_error'] as const].map(
      ([status, type]) =>
        sample(`sample-anthropic-${status}`, 'anthropic', 'anthropic', status, anthropic(type), status === 529),
    ),
    sample('sample-openai-broken', 'openai-chat', 'openai', 200, brokenChat(openai('server_error', 'broken')), true),
    sample(
      'sample-anthropic-broken',
      'anthropic',
      'anthropic',
      200,
      brokenMessage(anthropic('overloaded_error')),
      true,
    ),
  ]
}

function brokenChat(error: string): string {
  const chunk = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'gpt-4o' }
  const spoken = {
    ...chunk,
    choices: [{ index: 0, delta: { role: 'assistant', content: 'Hal' }, finish_reason: null }],
  }
  return `data: ${JSON.stringify(spoken)}\n\ndata: ${error}\n\n`
}

function brokenMessage(error: string): string {
  const usage = { input_tokens: 3, output_tokens: 1 }
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude', content: [], usage }
  const events = [
    { type: 'message_start', message: { ...message, stop_reason: null, stop_sequence: null } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hal' } },
  ]
  const frames = events.map(event => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
  return `${frames.join('')}event: error\ndata: ${error}\n\n`
}
