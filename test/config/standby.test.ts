import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load, refusal, SIM } from './helper.ts'

/** A file with these members in the model `a`, and `b`, `c` beside it; `target` is that of `c`, all else leads to `x`. */
function withModel(a: string, b = '', c = '', target = 'x'): string {
  const model = (name: string, members: string, model = 'x') =>
    `  ${name}: { targets: [{ provider: sim, model: ${model} }]${members === '' ? '' : `, ${members}`} }\n`
  return `${SIM}models:\n${model('chat-a', a)}${model('chat-b', b)}${model('chat-c', c, target)}`
}

const REFUSED: readonly (readonly [string, string])[] = [
  [withModel('degradeTo: [chta-b]'), 'models.chat-a.degradeTo[0]: unknown model "chta-b"; did you mean "chat-b"'],
  [withModel('degradeTo: [sim/x]'), 'models.chat-a.degradeTo[0]: unknown model "sim/x"'],
  [withModel('degradeTo: [chat-a]'), 'models.chat-a.degradeTo[0]: is the model itself'],
  [withModel('degradeTo: [chat-b, chat-b]'), 'models.chat-a.degradeTo[1]: stands here twice'],
  [
    withModel('degradeTo: [chat-b]', 'degradeTo: [chat-c]', 'degradeTo: [chat-a]'),
    'models.chat-a.degradeTo: leads back to where it began: chat-a -> chat-b -> chat-c -> chat-a',
  ],
  [
    withModel('degradeTo: [chat-b]', 'degradeTo: [chat-c]', 'degradeTo: [chat-b]'),
    'models.chat-b.degradeTo: leads back to where it began: chat-b -> chat-c -> chat-b',
  ],
  [withModel('fallbacks: { contextWindow: [gone] }'), 'models.chat-a.fallbacks.contextWindow[0]: unknown model "gone"'],
  [
    withModel('fallbacks: { contentFilter: [chat-a] }'),
    'models.chat-a.fallbacks.contentFilter[0]: is the model itself',
  ],
  [withModel('fallbacks: { context_window: [chat-b] }'), 'did you mean "contextWindow"'],
  [
    withModel('lastResort: { provider: smi, model: x }'),
    'models.chat-a.lastResort.provider: unknown provider "smi"; did you mean "sim"?',
  ],
  [withModel('degrade: { steps: [] }'), 'models.chat-a.degrade.steps: needs at least 1 entry'],
  [
    withModel('degrade: { steps: [{ name: s }] }'),
    'a step needs "maxTokens", "reasoningEffort", "degradeTo" or "stale"',
  ],
  [
    withModel('degradeTo: [chat-b], degrade: { steps: [{ name: s, degradeTo: false, stale: "false" }] }'),
    'a step needs "maxTokens", "reasoningEffort", "degradeTo" or "stale"',
  ],
  [
    withModel('degrade: { steps: [{ name: s, degradeTo: "True" }] }'),
    'models.chat-a.degrade.steps[0].degradeTo: needs models in the "degradeTo" of the model',
  ],
  [
    withModel('degrade: { steps: [{ name: s, degradeTo: true }] }'),
    'models.chat-a.degrade.steps[0].degradeTo: needs models in the "degradeTo" of the model',
  ],
  [
    withModel('degradeTo: [chat-b], degrade: { steps: [{ name: s, degradeTo: true }] }', 'degradeTo: [chat-c]'),
    `models.chat-a.degrade.steps[0].degradeTo: has no meaning with models in "degradeTo" that have only the model's own targets`,
  ],
  [
    withModel('degradeTo: [gone], degrade: { steps: [{ name: s, degradeTo: true }] }'),
    'models.chat-a.degradeTo[0]: unknown model "gone"',
  ],
  [
    withModel('degradeTo: [chat-c], attempts: 1, degrade: { steps: [{ name: s, degradeTo: true }] }', '', '', 'y'),
    'models.chat-a.degrade.steps[0].degradeTo: needs at least 2 "attempts", one for the model itself',
  ],
  [
    withModel('degradeTo: [chat-b], degrade: { steps: [{ name: s, degradeTo: chat-b }] }'),
    'models.chat-a.degrade.steps[0].degradeTo: ',
  ],
  [withModel('degrade: { steps: [{ name: s, stale: true }] }'), 'a step that is "stale" needs "cache.staleIfError"'],
  [withModel('degrade: { steps: [{ name: s, maxTokens: 1 }], pressure: 0 }'), 'pressure: must be at least 0.01'],
  [withModel('degrade: { steps: [{ name: s, reasoningEffort: lots }] }'), 'reasoningEffort: expected minimal, low'],
  [withModel('canned: ""'), 'models.chat-a.canned: must not be empty'],
]
for (const [text, message] of REFUSED) {
  test(`refused: ${message}`, () => {
    const lines = refusal(text)
    assert.equal(lines.length, 1, lines.join('\n'))
    assert.ok(lines[0]?.includes(message), lines[0])
  })
}

test('models may lead down by several ways to the same one, and stand in for each other where they refuse calls', () => {
  const text = withModel(
    'degradeTo: [chat-b, chat-c], fallbacks: { contentFilter: [chat-b] }',
    'degradeTo: [chat-c], fallbacks: { contentFilter: [chat-a] }',
  )
  assert.deepEqual(load(text).models['chat-a']?.degradeTo, ['chat-b', 'chat-c'])
})

test('a step may switch off by a variable what the model has nothing for', () => {
  const text = withModel(`degrade: { steps: [{ name: s, maxTokens: 1, degradeTo: "\${OTHERS}", stale: "\${STALE}" }] }`)
  const { models } = load(text, { variables: { OTHERS: 'false', STALE: 'False' } })
  const [step] = models['chat-a']?.degrade?.steps ?? []
  assert.deepEqual([step?.degradeTo, step?.stale], [false, false])
})

test('a step may send calls to a model whose targets are the same, where one below it has others', () => {
  const step = 'degradeTo: [chat-b], degrade: { steps: [{ name: s, degradeTo: true }] }'
  const { models } = load(withModel(step, 'degradeTo: [chat-c]', '', 'y'))
  assert.equal(models['chat-a']?.degrade?.steps[0]?.degradeTo, true)
})
