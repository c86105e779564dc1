/** One event of a stream of chat completion chunks. */
export function chunk(delta: object, members: object = {}): string {
  const choices = [{ index: 0, delta, finish_reason: null }]
  return data({ id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'm', choices, ...members })
}

export function data(json: object): string {
  return `data: ${JSON.stringify(json)}\n\n`
}

export const DONE = 'data: [DONE]\n\n'
export const CHAT_USAGE = { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 }

export const ROLE = chunk({ role: 'assistant', content: '' })
export const FINISH = chunk({}, { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })
export const REPORT = chunk({}, { choices: [], usage: CHAT_USAGE })

/** A chat completion that says these words. */
export function chatStream(...words: string[]): string[] {
  return [ROLE, ...words.map(content => chunk({ content })), FINISH, DONE]
}

/** The same with a report of usage, as vendors send it when they are asked. */
export function chatStreamWithUsage(...words: string[]): string[] {
  return chatStream(...words).toSpliced(-1, 0, REPORT)
}

export function completion(content = 'Hello', members: object = {}): object {
  return {
    id: 'c1',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage: CHAT_USAGE,
    ...members,
  }
}

/** A message of the Messages API that says this. */
export function message(text = 'Hello', members: object = {}): object {
  return {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'm',
    content: [{ type: 'text', text }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: 7, output_tokens: 5 },
    ...members,
  }
}

/** One event of a Messages API stream. */
export function event(type: string, members: object = {}): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`
}

export const MESSAGE_START = event('message_start', {
  message: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'm',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 7, output_tokens: 1 },
  },
})

export function textDelta(text: string): string {
  return event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } })
}

export const BLOCK_START = event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } })
const BLOCK_STOP = event('content_block_stop', { index: 0 })
export const MESSAGE_DELTA = event('message_delta', {
  delta: { stop_reason: 'end_turn', stop_sequence: null },
  usage: { output_tokens: 5 },
})
export const MESSAGE_STOP = event('message_stop')

/** A message that says these words. */
export function messageStream(...words: string[]): string[] {
  return [MESSAGE_START, BLOCK_START, ...words.map(textDelta), BLOCK_STOP, MESSAGE_DELTA, MESSAGE_STOP]
}

export const OVERLOADED = event('error', { error: { type: 'overloaded_error', message: 'Overloaded' } })

/** The frames of a stream, parsed; `[DONE]` is left out. */
export function parsed(text: string): { event?: string; json: Record<string, unknown> }[] {
  return text
    .split(/\r?\n\r?\n/)
    .filter(frame => frame.includes('data:') && !frame.includes('data: [DONE]'))
    .map(frame => {
      const name = /^event: ?(.*)$/m.exec(frame)?.[1]
      const json = JSON.parse(/^data: ?(.*)$/m.exec(frame)?.[1] ?? '') as Record<string, unknown>
      return name === undefined ? { json } : { event: name, json }
    })
}
