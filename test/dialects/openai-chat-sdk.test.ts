import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ChatCompletionStream } from 'openai/lib/ChatCompletionStream'
import type { Call } from '../../src/call/call.ts'
import { replay } from '../../src/call/replay.ts'
import type { Result } from '../../src/call/result.ts'
import { openaiChat } from '../../src/dialects/openai-chat/index.ts'

const call: Call = {
  operation: 'chat',
  dialect: 'openai-chat',
  model: 'm',
  stream: true,
  includeUsage: true,
  turns: [],
}
const result: Result = {
  id: 'msg_1',
  model: 'claude',
  outputs: [
    {
      blocks: [
        { type: 'reasoning', text: 'Hm.', signature: 'c2ln' },
        { type: 'reasoning', text: '', redacted: 'ZW5j' },
        { type: 'text', text: 'Let me look.' },
        { type: 'tool-call', id: 'a', name: 'weather', arguments: '{"city":"Rome"}' },
        { type: 'tool-call', id: 'b', name: 'now', arguments: '{}' },
      ],
      finish: { reason: 'tool-calls', raw: 'tool_use' },
    },
  ],
  usage: { input: 5, output: 7, cacheRead: 2 },
}

test('the official client puts a stream of another dialect together to the answer without a stream', async () => {
  const writer = openaiChat.eventWriter(call)
  const frames = replay(result).flatMap(event => writer.push(event))
  const lines = frames.filter(({ data }) => data !== '[DONE]').map(({ data }) => `${data}\n`)
  const stream = ChatCompletionStream.fromReadableStream(new Blob(lines).stream())
  const completion = await stream.finalChatCompletion()
  const [choice] = completion.choices
  assert.equal(choice?.message.content, 'Let me look.')
  assert.equal(choice?.finish_reason, 'tool_calls')
  assert.deepEqual(
    choice?.message.tool_calls?.map(
      item => item.type === 'function' && [item.id, item.function.name, item.function.arguments],
    ),
    [
      ['a', 'weather', '{"city":"Rome"}'],
      ['b', 'now', '{}'],
    ],
  )
  assert.equal(completion.usage?.total_tokens, 12)
})
