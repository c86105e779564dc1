import assert from 'node:assert/strict'
import { test } from 'node:test'
import { normaliseBaseUrl } from '../../src/providers/base-url.ts'

const OPENAI = 'https://api.openai.com/v1'
const GROQ = 'https://api.groq.com/openai/v1'
const OPENROUTER = 'https://openrouter.ai/api/v1'
const PERPLEXITY = 'https://api.perplexity.ai'

const CASES: readonly (readonly [given: string, usual: string, expected: string])[] = [
  // The vendor's own address, in every form that people write.
  ['https://api.openai.com', OPENAI, 'https://api.openai.com/v1'],
  ['https://api.openai.com/', OPENAI, 'https://api.openai.com/v1'],
  ['https://api.openai.com/v1', OPENAI, 'https://api.openai.com/v1'],
  ['https://api.openai.com/v1/', OPENAI, 'https://api.openai.com/v1'],
  ['https://api.openai.com/v1//', OPENAI, 'https://api.openai.com/v1'],
  [' https://api.openai.com/v1 ', OPENAI, 'https://api.openai.com/v1'],
  ['https://api.openai.com/v1/chat/completions', OPENAI, 'https://api.openai.com/v1'],
  ['https://api.openai.com/v1/chat/completions/', OPENAI, 'https://api.openai.com/v1'],
  ['https://api.openai.com/v1/models', OPENAI, 'https://api.openai.com/v1'],
  ['https://api.anthropic.com/v1/messages', 'https://api.anthropic.com/v1', 'https://api.anthropic.com/v1'],
  ['HTTPS://API.OpenAI.com:443/v1', OPENAI, 'https://api.openai.com/v1'],
  // Vendors whose prefix is not /v1 keep their own when the user gives less, or the usual /v1.
  ['https://api.groq.com', GROQ, 'https://api.groq.com/openai/v1'],
  ['https://api.groq.com/v1', GROQ, 'https://api.groq.com/openai/v1'],
  ['https://api.groq.com/openai', GROQ, 'https://api.groq.com/openai/v1'],
  ['https://api.groq.com/openai/v1/', GROQ, 'https://api.groq.com/openai/v1'],
  ['https://api.groq.com/openai/v1/chat/completions', GROQ, 'https://api.groq.com/openai/v1'],
  ['https://openrouter.ai', OPENROUTER, 'https://openrouter.ai/api/v1'],
  ['https://openrouter.ai/api', OPENROUTER, 'https://openrouter.ai/api/v1'],
  ['https://api.perplexity.ai', PERPLEXITY, 'https://api.perplexity.ai'],
  ['https://api.perplexity.ai/', PERPLEXITY, 'https://api.perplexity.ai'],
  ['https://api.perplexity.ai/v1', PERPLEXITY, 'https://api.perplexity.ai'],
  ['https://api.perplexity.ai/chat/completions', PERPLEXITY, 'https://api.perplexity.ai'],
  // Somebody else's address: /v1 is added where no version stands, a full path is taken at its word.
  ['http://127.0.0.1:8000', OPENAI, 'http://127.0.0.1:8000/v1'],
  ['http://[::1]:8000/v1/', OPENAI, 'http://[::1]:8000/v1'],
  ['https://llm.example.internal/team', OPENAI, 'https://llm.example.internal/team/v1'],
  ['https://llm.example.internal/team/chat/completions', OPENAI, 'https://llm.example.internal/team'],
  ['https://llm.example.internal/api/paas/v4', OPENAI, 'https://llm.example.internal/api/paas/v4'],
  ['https://llm.example.internal/v1beta/openai/', OPENAI, 'https://llm.example.internal/v1beta/openai'],
  ['https://llm.example.internal', GROQ, 'https://llm.example.internal/openai/v1'],
  ['https://llm.example.internal/v1', GROQ, 'https://llm.example.internal/v1'],
  ['https://llm.example.internal/sonar', PERPLEXITY, 'https://llm.example.internal/sonar'],
]

for (const [given, usual, expected] of CASES) {
  test(`F2: base URL "${given}" at a vendor of ${usual} is ${expected}`, () => {
    assert.equal(normaliseBaseUrl(given, usual), expected)
  })
}

const REFUSED = [
  '',
  'api.openai.com/v1',
  'ftp://api.openai.com/v1',
  'file:///etc/passwd',
  'https://user:secret@api.openai.com/v1',
  'https://api.openai.com/v1?key=secret',
  'https://api.openai.com/v1#secret',
]

for (const given of REFUSED) {
  test(`base URL "${given}" is refused without repeating it`, () => {
    assert.throws(
      () => normaliseBaseUrl(given, OPENAI),
      (error: Error) => /base URL must/.test(error.message) && !error.message.includes('secret'),
    )
  })
}
