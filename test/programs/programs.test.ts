import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAI } from '@ai-sdk/openai'
import { HumanMessage, ToolMessage } from '@langchain/core/messages'
import { tool as chainTool } from '@langchain/core/tools'
import { ChatOpenAI } from '@langchain/openai'
import { generateText, type LanguageModel, stepCountIs, streamText, tool } from 'ai'
import { z } from 'zod'
import { replay } from '../../src/call/replay.ts'
import type { Result } from '../../src/call/result.ts'
import { dialectNamed } from '../../src/dialects/index.ts'
import { framingOf } from '../../src/relay/sse.ts'
import { type Gateway, startGateway } from '../helper.ts'
import { type Handler, startUpstream, stream, type Upstream, whole } from '../upstream.ts'

const CITY = z.object({ city: z.string() })
const usage = { input: 9, output: 4 }
const CALL: Result = {
  id: 'answer-1',
  model: 'm',
  outputs: [
    {
      blocks: [{ type: 'tool-call', id: 'call_1', name: 'weather', arguments: '{"city":"Oslo"}' }],
      finish: { reason: 'tool-calls' },
    },
  ],
  usage,
}
const TEXT: Result = {
  id: 'answer-2',
  model: 'm',
  outputs: [{ blocks: [{ type: 'text', text: 'It snows in Oslo.' }], finish: { reason: 'stop' } }],
  usage,
}

/** A vendor that calls a tool when it is offered one and has no result yet, and else says what the weather is. */
function vendor(name: string): Handler {
  const dialect = dialectNamed(name)
  return (request, response) => {
    const body = request.body.toString('utf8')
    const isAsked = body.includes('"tools"') && !body.includes('snow, -4')
    const result = isAsked ? CALL : TEXT
    if (!body.includes('"stream":true')) return whole(dialect.writeResponse(result).body)(request, response)
    const writer = dialect.eventWriter(dialect.readRequest({ json: JSON.parse(body) }))
    const frames = [...replay(result).flatMap(event => writer.push(event)), ...writer.end()]
    return stream([framingOf(dialect).encode(frames)])(request, response)
  }
}

suite('programs that know nothing of the gateway', () => {
  let vendors: readonly Upstream[]
  let gateway: Gateway

  before(async () => {
    vendors = [await startUpstream(vendor('anthropic')), await startUpstream(vendor('openai-chat'))]
    const [claude, gpt] = vendors
    gateway = await startGateway({
      providers: {
        anthropic: { apiKey: 'k', baseUrl: `${claude?.url}/v1` },
        groq: { apiKey: 'k', baseUrl: `${gpt?.url}/v1` },
      },
      models: {
        claude: { targets: [{ provider: 'anthropic', model: 'm' }] },
        gpt: { targets: [{ provider: 'groq', model: 'm' }] },
      },
    })
  })
  after(async () => {
    await gateway.close()
    await Promise.all(vendors.map(upstream => upstream.close()))
  })

  const models: Readonly<Record<string, () => LanguageModel>> = {
    'AI SDK, Chat Completions': () => createOpenAI({ apiKey: 'k', baseURL: `${gateway.url}/v1` }).chat('claude'),
    'AI SDK, Responses': () => createOpenAI({ apiKey: 'k', baseURL: `${gateway.url}/v1` }).responses('claude'),
    'AI SDK, Messages': () => createAnthropic({ apiKey: 'k', baseURL: `${gateway.url}/v1` })('gpt'),
  }
  const weather = tool({
    description: 'The weather',
    inputSchema: CITY,
    execute: async ({ city }) => `${city}: snow, -4`,
  })

  for (const [name, model] of Object.entries(models)) {
    test(`${name}: text, and the same as a stream`, async () => {
      const { text } = await generateText({ model: model(), prompt: 'How is the weather?' })
      assert.equal(text, 'It snows in Oslo.')
      const streamed = streamText({ model: model(), prompt: 'How is the weather?' })
      assert.equal(await streamed.text, 'It snows in Oslo.')
      assert.equal((await streamed.usage).outputTokens, 4)
    })

    test(`${name}: a tool is called and its result answered, whole and streamed`, async () => {
      const asked = { model: model(), prompt: 'How is it in Oslo?', tools: { weather }, stopWhen: stepCountIs(2) }
      const { text, steps } = await generateText(asked)
      assert.deepEqual(
        steps[0]?.toolCalls.map(({ toolName, input }) => [toolName, input]),
        [['weather', { city: 'Oslo' }]],
      )
      assert.equal(text, 'It snows in Oslo.')
      assert.equal(await streamText(asked).text, 'It snows in Oslo.')
    })
  }

  suite('LangChain', () => {
    const chain = (): ChatOpenAI =>
      new ChatOpenAI({ model: 'claude', apiKey: 'k', maxRetries: 0, configuration: { baseURL: `${gateway.url}/v1` } })
    const chained = chainTool(async ({ city }) => `${city}: snow, -4`, {
      name: 'weather',
      description: 'The weather',
      schema: CITY,
    })

    test('text, and the same as a stream', async () => {
      assert.equal((await chain().invoke('How is the weather?')).text, 'It snows in Oslo.')
      let text = ''
      for await (const chunk of await chain().stream('How is the weather?')) text += chunk.text
      assert.equal(text, 'It snows in Oslo.')
    })

    test('a tool is called and its result answered', async () => {
      const model = chain().bindTools([chained])
      const question = new HumanMessage('How is it in Oslo?')
      const calling = await model.invoke([question])
      const [call] = calling.tool_calls ?? []
      assert.deepEqual(call?.args, { city: 'Oslo' })
      const result = new ToolMessage({ content: await chained.invoke({ city: 'Oslo' }), tool_call_id: call?.id ?? '' })
      assert.equal((await model.invoke([question, calling, result])).text, 'It snows in Oslo.')
    })
  })
})
