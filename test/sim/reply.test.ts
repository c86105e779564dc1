import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Prompt, Refusal } from '../../src/sim/prompt.ts'
import { composeReply, words } from '../../src/sim/reply.ts'

const TOOLS = [
  { name: 'list_open_files', schema: undefined },
  { name: 'getWeather', schema: { type: 'object', properties: { city: { type: 'string' } } } },
]

function prompt(members: Partial<Prompt> = {}): Prompt {
  return {
    model: 'echo',
    stream: false,
    userText: 'hello world',
    toolResult: undefined,
    inputLength: 11,
    maxTokens: undefined,
    stop: [],
    tools: [],
    toolChoice: 'auto',
    includeUsage: false,
    ...members,
  }
}

test('an answer that is longer than max_tokens ends with length and exactly so many tokens', () => {
  const reply = composeReply(prompt({ maxTokens: 5 }))
  assert.deepEqual([reply.text, reply.finish, reply.outputTokens], ['Hello! This is the S', 'length', 5])
})

test('A2: max_tokens never leaves half a character', () => {
  for (let maxTokens = 15; maxTokens < 30; maxTokens += 1) {
    for (const userText of ['🎈'.repeat(40), `x${'🎈'.repeat(40)}`]) {
      assert.ok(composeReply(prompt({ userText, maxTokens })).text.isWellFormed())
    }
  }
})

test('the first stop sequence ends the answer before itself', () => {
  const reply = composeReply(prompt({ stop: ['world', 'You said', 'absent'] }))
  assert.equal(reply.finish, 'stop-sequence')
  assert.equal(reply.sequence, 'You said')
  assert.ok(reply.text.endsWith('answering as echo. '))
})

test('max_tokens before a stop sequence is length', () => {
  assert.equal(composeReply(prompt({ stop: ['world'], maxTokens: 2 })).finish, 'length')
})

test('a tool is called when every telling word of its name is in the text, and not otherwise', () => {
  const called = (userText: string) => composeReply(prompt({ userText, tools: TOOLS })).tool?.name
  assert.equal(called('how is the WEATHER today?'), 'getWeather')
  assert.equal(called('list the files that are open'), 'list_open_files')
  assert.equal(called('please call getweather'), 'getWeather')
  assert.equal(called('list the files'), undefined)
})

test('tool choice decides before the text does', () => {
  const call = (members: Partial<Prompt>) => composeReply(prompt({ tools: TOOLS, ...members })).tool?.name
  assert.equal(call({ toolChoice: 'none', userText: 'the weather' }), undefined)
  assert.equal(call({ toolChoice: 'any' }), 'list_open_files')
  assert.equal(call({ toolChoice: 'any', userText: 'the weather' }), 'getWeather')
  assert.equal(call({ toolChoice: { name: 'getWeather' } }), 'getWeather')
  assert.throws(() => call({ toolChoice: { name: 'other' } }), Refusal)
})

test('after the result of a tool the answer speaks of it, so that no agent runs in circles', () => {
  const reply = composeReply(prompt({ tools: TOOLS, userText: 'the weather?', toolResult: '21 degrees' }))
  assert.equal(reply.tool, undefined)
  assert.match(reply.text, /The tool answered: "21 degrees"/)
})

test('B3: a tool call that does not fit max_tokens ends with length, never as a call with half an argument', () => {
  const reply = composeReply(prompt({ tools: TOOLS, userText: 'weather in Paris', maxTokens: 3 }))
  assert.deepEqual([reply.tool, reply.finish, reply.text], [undefined, 'length', 'Calling getW'])
})

test('the words of a text, joined, are the text', () => {
  for (const text of ['', ' ', 'a', ' a  b\n\nc ', 'a\t', '日本 🎈']) assert.equal(words(text).join(''), text)
})
